"""
Predicted values and residuals
==============================

Observed against predicted values, for any number of features.
"""

import fastgd

houses = "../../data/portland_houses_bedrooms.csv"
result = fastgd.fit(houses, "price_usd")
fastgd.plot.predicted(result, houses)

# %%
# The residuals: a slope or a bend shows what the run has missed.

fastgd.plot.residuals(result, houses)
