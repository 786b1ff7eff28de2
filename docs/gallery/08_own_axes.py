"""
Plotting on your own axes
=========================

Every function takes ``ax`` and returns it. With ``layout="constrained"``, legends are placed above the axes, where they do not
cover the data.
"""

import matplotlib.pyplot as plt

import fastgd

hours = "../../data/hours_scores.csv"
result = fastgd.fit(hours, "score", learning_rate=0.0001, max_iter=1000)

figure, (left, right) = plt.subplots(1, 2, figsize=(8, 4.5), layout="constrained")
fastgd.plot.fit(result, hours, ax=left)
fastgd.plot.error_curve(result, ax=right)
