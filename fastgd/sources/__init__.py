"""Anything in, validated float64 columns and their names out."""

from fastgd.sources.read import read, read_features, read_pair
from fastgd.sources.table import Table

__all__ = ["Table", "read", "read_features", "read_pair"]
