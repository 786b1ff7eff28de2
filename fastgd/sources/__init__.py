"""Anything in, validated float64 columns and their names out."""

from fastgd.sources.blocks import read_pair
from fastgd.sources.frames import LIBRARIES, Known
from fastgd.sources.read import read, read_features, read_features_of_files, read_formula
from fastgd.sources.table import Collection, Stream, Table

__all__ = [
    "LIBRARIES",
    "Collection",
    "Known",
    "Stream",
    "Table",
    "read",
    "read_features",
    "read_features_of_files",
    "read_formula",
    "read_pair",
]
