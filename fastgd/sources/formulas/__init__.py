"""Formulas, read by formulaic: names, levels, columns."""
