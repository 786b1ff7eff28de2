"""
How far each direction has come
===============================

The error falls along each of its directions at a speed of its own. Here three parameters have three: a descent ends when the
slowest has arrived.
"""

import fastgd

result = fastgd.fit("../../data/portland_houses_bedrooms.csv", "price_usd", max_iter=1000)
fastgd.plot.directions(result)
