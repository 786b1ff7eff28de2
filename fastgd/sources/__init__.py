"""Anything in, validated columns of float64 and their names out.

What comes in: arrays and lists, frames of any library that narwhals or Arrow reads, files, iterables of blocks; `read` is the
door and decides by type. What goes out: a `Table` for rows in memory, a `Source` for rows that are read in pieces, which can be
iterated as often as asked and gives tables, or a `Collection`, which is read where it lies. All of them know the names of the
columns, and by their `Origin` what an error message calls the place of a row.

Where things live, from the bottom up:

- `origin`, `table`, `source`: the place of rows, columns of numbers, passes over them. `ahead`: threads that read ahead.
- `arrays`: plain arrays. `cells`: the columns of a frame as numbers. `columns`: which columns are wanted, chosen by name.
- `frames`: frames, opened. `pairs`: x and y apart. `blocks`: rows that come block by block.
- `files/`: one reader a format, and files one after the other. `formulas/`: a formula is another way to choose columns.
- `read`: the door.

This package knows nothing of moments, and of the kernels only the size of a block. Others import from here, and from `table`
its constants and small functions; guests that show rows, as pictures do, use the names below and no others.
"""

from fastgd.sources.columns import LIBRARIES, Known
from fastgd.sources.files.reader import CSV
from fastgd.sources.origin import Origin
from fastgd.sources.pairs import read_features, read_pair
from fastgd.sources.read import read, read_features_of_files, read_formula
from fastgd.sources.source import Source
from fastgd.sources.table import Collection, Table

__all__ = [
    "CSV",
    "LIBRARIES",
    "Collection",
    "Known",
    "Origin",
    "Source",
    "Table",
    "read",
    "read_features",
    "read_features_of_files",
    "read_formula",
    "read_pair",
]
