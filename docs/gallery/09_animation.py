"""
The descent as a moving picture
===============================

The line, the path on the bowl of the error, and the error's course. The iterations are spaced evenly on a logarithmic scale, so
that the first steps are seen as well as the slow rest. On the command line it is ``fastgd fit ... --animate lesson.gif``.
"""

import fastgd

hours = "../../data/hours_scores.csv"
result = fastgd.fit(hours, "score", learning_rate=0.0001, max_iter=1000)
result.animate("lesson.gif", hours)
