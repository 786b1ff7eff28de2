"""
Which learning rates are stable
===============================

The factor by which one iteration multiplies the distance to the optimum, for each learning rate. Below 1 the descent converges;
at 1 or above it does not. The best rate is where the factor is smallest.
"""

import fastgd

houses = "../../data/portland_houses_bedrooms.csv"
result = fastgd.fit(houses, "price_usd", standardize=True, learning_rate=0.3, max_iter=10)
fastgd.plot.stability(result)
