"""Sums of rows, added in one fixed tree, and what they say: the waist between data and descent."""
