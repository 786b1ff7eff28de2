"""Files, read piece by piece: a reader for each format, and several files one after the other.

A format is one class like `columns.Reader`, which hands on frames of the columns that are asked for, and an entry in
`files.READERS`; `parquet_files.py` shows how little that is.
"""
