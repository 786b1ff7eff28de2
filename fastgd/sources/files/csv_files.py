"""CSV files, parsed by pyarrow piece by piece."""

from __future__ import annotations

import csv
import os
from collections.abc import Generator
from itertools import islice
from typing import Any, TypeVar

from fastgd.arguments import counted
from fastgd.errors import DataError, spelled
from fastgd.sources.ahead import work_ahead
from fastgd.sources.cells import is_number
from fastgd.sources.columns import Choice
from fastgd.sources.files.pipes import CAN_STOP, Pipe
from fastgd.sources.files.reader import Options, first_line, reading, refuse_no_rows
from fastgd.sources.files.rows import Piece, Rows
from fastgd.sources.origin import Origin
from fastgd.sources.table import default_names

T = TypeVar("T")

DELIMITERS = ",;\t|"
COMPRESSED = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd"}
MISSING = ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "None"]
"""Spellings of a missing value, where those are dropped."""
_FAULT = "cannot be read"


class CsvFile:
    """A `Reader` of one file, of which it has seen the first rows.

    Of several files, the separator of the first and whether it has names hold for all.

    Attributes
    ----------
    names : list of str
        Columns; x or x0, x1, … and y for a file without names.
    """

    def __init__(self, path: str, options: Options) -> None:
        self.path = path
        self._rows: Rows | None = None
        like = options.first if isinstance(options.first, CsvFile) else None
        # Of each choice, the types of the columns in the first piece of the first file.
        self._types: dict[Any, dict[str, Any]] = {} if like is None else like._types
        with reading(path, _FAULT, csv.Error):
            rows = _open(path)
            try:
                if like is not None and options.delimiter is None:
                    options = options._replace(delimiter=like.delimiter)
                self._look(rows, options, like)
            except BaseException:
                rows.close()
                raise
        if os.path.isfile(path):
            rows.close()
        else:  # what a pipe has given does not come again
            self._rows = rows

    def _look(self, rows: Rows, options: Options, like: CsvFile | None) -> None:
        path, n_features = self.path, options.n_features
        self.delimiter = options.delimiter or _delimiter(rows)
        head = rows.head(2, self.delimiter)
        if not head:
            raise DataError(f"{path} is empty: at least one row is needed")
        self._line, cells = head[0]
        self._width = len(cells)
        if any(character < "\t" or character == "\ufffd" for cell in cells for character in cell):
            raise _not_utf8(path)
        header = options.header
        if header is None:
            header = not all(is_number(cell) for cell in cells) if like is None else like.has_header
        self.has_header: bool = header
        if len(cells) == 1 and n_features is None:
            raise DataError(
                f"{path} has one column, {cells[0]!r:.60}: feature and target are needed, "
                f"separated by a comma, semicolon, tab or |, or by what {spelled('delimiter')} says"
            )
        if header:
            self.names = [cell.strip() for cell in cells]
        elif like is not None and len(like.names) != len(cells):
            raise DataError(f"{path} has {len(cells)} columns, and {like.path} has {len(like.names)}: all files need the same")
        elif len(cells) == n_features:
            self.names = [*default_names(n_features)]
        else:
            self.names = [*default_names(len(cells) - 1), "y"]
        refuse_no_rows(path, len(head) - header)
        self._skipped_lines = head[header][0] - 1
        if options.delimiter is None:
            _refuse_decimal_commas(rows, path, header)

    def tables(self, choice: Choice[T]) -> Generator[tuple[T, float | None]]:
        """The chosen columns, piece by piece."""
        with reading(self.path, _FAULT, csv.Error):
            rows = self._rows or _open(self.path)
            try:
                pieces = rows.pieces(self.delimiter, self._width, int(self.has_header))
                first = next(pieces)
                types = self._types.setdefault((choice.needed, choice.as_text), {})
                if not types:
                    types.update(self._types_of(first, choice))

                def work(piece: Piece) -> tuple[T, float | None]:
                    return self._table(piece, choice, types), piece.share

                yield work(first)
                if not first.is_last:
                    yield from work_ahead(pieces, work, rows.stop)
            finally:
                rows.close()

    def _types_of(self, piece: Piece, choice: Choice[Any]) -> dict[str, Any]:
        """Numbers are float64 from the start, and text stays text; dates are left to be found and refused."""
        import pyarrow as pa

        text = {name: pa.string() for name in choice.as_text}
        try:
            frame = self._parse(piece, choice, text)
        except pa.ArrowInvalid as error:
            raise self._what_is_wrong(piece, error) from None
        types = {}
        words = [field.name for field in frame.schema if pa.types.is_string(field.type) and field.name not in text]
        _first_text(frame, words, self._origin_of(piece))
        for field in frame.schema:
            if pa.types.is_boolean(field.type) or pa.types.is_string(field.type):
                types[field.name] = field.type
            elif not pa.types.is_temporal(field.type):
                types[field.name] = pa.float64()
        return types

    def _table(self, piece: Piece, choice: Choice[T], types: dict[str, Any]) -> T:
        import pyarrow as pa

        origin = self._origin_of(piece)
        try:
            frame = self._parse(piece, choice, types)
        except pa.ArrowInvalid:
            # A cell that is not a number, or a row of another length. Bytes take any cell, and the first that is not a number is
            # then refused with its place.
            numbers = [name for name, kind in types.items() if not pa.types.is_string(kind)]
            try:
                frame = self._parse(piece, choice, types | dict.fromkeys(numbers, pa.binary()))
            except pa.ArrowInvalid as error:
                raise self._what_is_wrong(piece, error) from None
            row, name, cell = _first_text(frame, numbers, origin)
            if cell:
                origin.refuse(row, choice.name_of(name), f"text {cell!r:.60}")
        return choice.table(frame, origin)

    def _parse(self, piece: Piece, choice: Choice[Any], types: dict[str, Any]) -> Any:
        import pyarrow as pa
        from pyarrow import csv as arrow

        return arrow.read_csv(
            pa.BufferReader(pa.py_buffer(piece.data)),
            read_options=arrow.ReadOptions(
                column_names=self.names,
                skip_rows=self._skipped_lines if piece.line == 1 else 0,
                use_threads=False,
                block_size=len(piece.data) + 1,  # one chunk a column, which need not be copied
            ),
            parse_options=arrow.ParseOptions(delimiter=self.delimiter, newlines_in_values=piece.has_quotes),
            convert_options=arrow.ConvertOptions(
                include_columns=choice.needed,
                column_types=types,
                null_values=MISSING if choice.missing == "drop" else [""],
                strings_can_be_null=True,
            ),
        )

    def _origin_of(self, piece: Piece) -> Origin:
        """Which knows the line on which a row of the piece begins."""
        return Origin(self.path, lambda row: next(islice(piece.rows(self.delimiter), row, None))[0])

    def _what_is_wrong(self, piece: Piece, error: Exception) -> DataError:
        for line, cells in piece.rows(self.delimiter):
            if len(cells) != self._width:
                return DataError(
                    f"{counted(len(cells), 'cell')} in line {line} of {self.path} where line {self._line} has {self._width}: "
                    "every line needs as many"
                )
            if any("\ufffd" in cell for cell in cells):
                return _not_utf8(f"line {line} of {self.path}")
        return DataError(f"{self.path} {_FAULT}: {first_line(error)}")


def _first_text(frame: Any, names: list[str], origin: Origin) -> tuple[int, str, str]:
    """Row, column and content of the first cell, by rows, that is not written as a number; an empty one if there is none.

    A number with a decimal comma is refused.
    """
    found = []
    for name in names:
        cells = (cell.decode("utf-8", "replace") if isinstance(cell, bytes) else cell for cell in frame[name].to_pylist())
        words = ((row, name, cell) for row, cell in enumerate(cells) if cell and not is_number(cell))
        found.append(next(words, (len(frame), name, "")))
    row, name, cell = min(found, default=(0, "", ""))
    if is_number(cell.replace(",", ".", 1)):
        raise _decimal_comma(cell, origin.place_of(row))
    return row, name, cell


def _open(path: str) -> Rows:
    """A file's rows; decompressed as its name says."""
    import pyarrow

    is_file = os.path.isfile(path)
    file = open(path, "rb", buffering=0) if is_file or not CAN_STOP else Pipe(path)
    try:
        size = os.path.getsize(path) if is_file else None
        codec = COMPRESSED.get(os.path.splitext(path)[1].lower())
        return Rows(file if codec is None else pyarrow.CompressedInputStream(file, codec), path, file, size)
    except BaseException:
        file.close()
        raise


def _delimiter(rows: Rows) -> str:
    for delimiter in DELIMITERS:
        head = _head(rows, delimiter)
        if head and all(len(cells) > 1 for _, cells in head):
            return delimiter
    return DELIMITERS[0]


def _head(rows: Rows, delimiter: str) -> list[tuple[int, list[str]]]:
    """The first two rows, if they have this separator: without it a long row is a cell longer than csv takes."""
    try:
        return rows.head(2, delimiter)
    except csv.Error:
        return []


def _refuse_decimal_commas(rows: Rows, path: str, header: bool) -> None:
    """Where a comma would be taken for the separator: 1,5;2,5."""
    for delimiter in DELIMITERS[1:]:
        head = _head(rows, delimiter)
        if len(head) <= header:  # split there, a cell is quoted that goes on over the next lines
            continue
        line, cells = head[header]
        odd = next((cell for cell in cells if "," in cell), None)
        if odd is not None and len(cells) > 1 and all(is_number(cell.replace(",", ".", 1)) for cell in cells):
            raise _decimal_comma(odd, f"in line {line} of {path}")


def _decimal_comma(cell: str, place: str) -> DataError:
    return DataError(
        f"{cell!r:.60} {place} has a decimal comma: write decimal points, "
        "or pass a frame, pandas.read_csv(path, sep=';', decimal=',')"
    )


def _not_utf8(what: str) -> DataError:
    return DataError(f"{what} is not UTF-8 text: save it as CSV in UTF-8, or if it is Parquet name it .parquet")
