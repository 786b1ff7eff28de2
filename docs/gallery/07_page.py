"""
Several plots in one figure
===========================

``result.plot(data)`` draws the plots that say most about the fit, in one figure. With one feature:
"""

import fastgd

hours = "../../data/hours_scores.csv"
result = fastgd.fit(hours, "score", learning_rate=0.0001, max_iter=1000)
result.plot(hours)

# %%
# With several features:

houses = "../../data/portland_houses_bedrooms.csv"
fastgd.fit(houses, "price_usd", standardize=True, max_iter=5).plot(houses)
