"""
The error surface
=================

The error as a function of intercept and slope, with the path of the descent. In the units of the data it is a valley, 66,031
times flatter along than across. On standardised data it is a round bowl, and one step reaches the minimum.
"""

import fastgd

result = fastgd.fit("../../data/hours_scores.csv", "score", learning_rate=0.0001, max_iter=1000)
fastgd.plot.surface(result)

# %%
# With several features, the axes are the flattest and the steepest direction of the error. They determine how long the descent
# takes and which learning rates are stable.

houses = "../../data/portland_houses_bedrooms.csv"
result = fastgd.fit(houses, "price_usd", standardize=True, learning_rate=0.5, max_iter=20)
fastgd.plot.surface(result)
