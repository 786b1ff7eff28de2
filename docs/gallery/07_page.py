"""
A page of several
=================

``result.plot(data)`` puts those side by side that say most about the fit. Of one feature:
"""

import fastgd

hours = "../../data/hours_scores.csv"
result = fastgd.fit(hours, "score", learning_rate=0.0001, max_iter=1000)
result.plot(hours)

# %%
# And of several:

houses = "../../data/portland_houses_bedrooms.csv"
fastgd.fit(houses, "price_usd", standardize=True, max_iter=5).plot(houses)
