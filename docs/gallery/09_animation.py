"""
Animating the descent
=====================

The line, the path on the error surface, and the error curve. The iterations are spaced evenly on a logarithmic scale, so that
you see the first steps as well as the slow rest. On the command line, use ``fastgd fit ... --animate lesson.gif``.
"""

import fastgd

hours = "../../data/hours_scores.csv"
result = fastgd.fit(hours, "score", learning_rate=0.0001, max_iter=1000)
result.animate("lesson.gif", hours)
