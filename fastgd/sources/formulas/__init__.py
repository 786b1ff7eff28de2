"""Formulas, read by formulaic, as a choice of columns.

In come a text, "price ~ area * C(town)", and frames; out come tables. `terms`: the text, parsed. `levels`: categories. `rows`:
the cells of a frame that count. `design`: the columns that are made, and the first look at the rows. `formula`: all of it.
"""
