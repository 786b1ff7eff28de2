"""
The error curve
===============

How far the mean squared error is above its minimum, by iteration. After ten iterations nothing more seems to happen, yet after
1000 iterations 97.6 % of the distance is still to go. The dashed line shows how many iterations the rest would take.
"""

import fastgd

result = fastgd.fit("../../data/hours_scores.csv", "score", learning_rate=0.0001, max_iter=1000)
fastgd.plot.error_curve(result)

# %%
# At a rate above the limit, the error grows from the first iteration until it overflows float64.

away = fastgd.fit("../../data/hours_scores.csv", "score", learning_rate=0.001, unstable="run")
fastgd.plot.error_curve(away)
