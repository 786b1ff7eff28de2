"""
The line on its points
======================

A lesson's run: 1000 iterations at the rate 0.0001 from zeros. The run's line hugs the points, and yet is not the least squares
line: the legend gives both.
"""

import fastgd

hours = "../../data/hours_scores.csv"
result = fastgd.fit(hours, "score", learning_rate=0.0001, max_iter=1000)
fastgd.plot.fit(result, hours)

# %%
# A rate past the limit is refused, unless you want to see where it leads. The line leaves the picture, and the legend says so.

away = fastgd.fit(hours, "score", learning_rate=0.001, unstable="run")
fastgd.plot.fit(away, hours)
