"""
The explorer
============

One HTML file that loads nothing from the network. Drag a point or the line, move the learning rate past its limit, or let the
iterations run. On the command line, use ``fastgd explore``.
"""

# sphinx_gallery_thumbnail_path = 'gallery/explorer.png'
import fastgd

hours = "../../data/hours_scores.csv"
result = fastgd.fit(hours, "score", learning_rate=0.0001, max_iter=1000)
result.explore("hours.html", hours, "score")
