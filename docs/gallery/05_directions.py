"""
How far each direction has converged
====================================

Gradient descent moves along each direction of the error at a different speed. At the best rate, the distance shrinks equally
fast along the steepest and the flattest direction: after 100 million iterations an eighth is left along both, while the
direction between them converged long ago.
"""

import fastgd

result = fastgd.fit("../../data/portland_houses_bedrooms.csv", "price_usd", max_iter=10**8)
fastgd.plot.directions(result)
