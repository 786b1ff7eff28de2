"""
The fitted line
===============

The lesson's run: 1000 iterations at a learning rate of 0.0001, from zeros. The line is close to the points, but it is not the
least squares line; the legend gives both.
"""

import fastgd

hours = "../../data/hours_scores.csv"
result = fastgd.fit(hours, "score", learning_rate=0.0001, max_iter=1000)
fastgd.plot.fit(result, hours)

# %%
# A rate above the limit is refused by default. With ``unstable="run"`` you can see what happens: the line leaves the plot, and
# the legend says so.

away = fastgd.fit(hours, "score", learning_rate=0.001, unstable="run")
fastgd.plot.fit(away, hours)
