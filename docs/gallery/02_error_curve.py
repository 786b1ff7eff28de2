"""
The course of the error
=======================

How far the mean squared error lies above the least possible, by iteration. After ten iterations nothing seems to happen any more,
and yet 97.6 % of the distance is still to go: the dashed line shows when it would be covered.
"""

import fastgd

result = fastgd.fit("../../data/hours_scores.csv", "score", learning_rate=0.0001, max_iter=1000)
fastgd.plot.error_curve(result)

# %%
# A rate past the limit: from the first iteration on the error grows, until float64 holds it no more.

away = fastgd.fit("../../data/hours_scores.csv", "score", learning_rate=0.001, unstable="run")
fastgd.plot.error_curve(away)
