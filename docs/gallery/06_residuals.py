"""
Predicted, observed and what is left
====================================

For any number of features: what was observed against what the run predicts.
"""

import fastgd

houses = "../../data/portland_houses_bedrooms.csv"
result = fastgd.fit(houses, "price_usd")
fastgd.plot.predicted(result, houses)

# %%
# What is left: a slope or a bend in it is what the run has missed.

fastgd.plot.residuals(result, houses)
