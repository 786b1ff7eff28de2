"""
The bowl of the error
=====================

The error over intercept and slope, with the path of the descent on it. As in the data it is a valley, 66,031 times as flat
along as across; standardised it is a round bowl, which one step crosses.
"""

import fastgd

result = fastgd.fit("../../data/hours_scores.csv", "score", learning_rate=0.0001, max_iter=1000)
fastgd.plot.surface(result)

# %%
# Of several features: the slowest and the steepest direction of the error, which decide how long a descent takes and which rates
# are stable.

houses = "../../data/portland_houses_bedrooms.csv"
result = fastgd.fit(houses, "price_usd", standardize=True, learning_rate=0.5, max_iter=20)
fastgd.plot.surface(result)
