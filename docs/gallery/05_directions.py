"""
How far each direction has come
===============================

Descent goes along each direction of the error at a speed of its own. At the best rate the steepest and the slowest shrink alike:
after 100 million iterations both have an eighth of their way to go, where the one between them has long arrived.
"""

import fastgd

result = fastgd.fit("../../data/portland_houses_bedrooms.csv", "price_usd", max_iter=10**8)
fastgd.plot.directions(result)
