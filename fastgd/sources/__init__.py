"""Anything in, validated float64 columns and their names out."""

from fastgd.sources.blocks import read_pair
from fastgd.sources.read import read, read_features
from fastgd.sources.table import Stream, Table

__all__ = ["Stream", "Table", "read", "read_features", "read_pair"]
