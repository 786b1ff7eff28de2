"""CSV files, parsed by pyarrow piece by piece."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

from fastgd.arguments import counted
from fastgd.errors import DataError
from fastgd.sources.files.ahead import work_ahead
from fastgd.sources.files.pipes import CAN_STOP, Pipe
from fastgd.sources.files.rows import Piece, Rows
from fastgd.sources.frames import Columns, is_number
from fastgd.sources.table import EMPTY, Table, default_names

DELIMITERS = ",;\t|"
COMPRESSED = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd"}
MISSING = ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "None"]
"""Spellings of a missing value, where those are dropped."""


class CsvFile:
    """One file and its first rows.

    Parameters
    ----------
    path : str
    like : CsvFile or None
        The first file of several: its separator and whether it has names hold for all.
    delimiter : str or None
        What separates cells; by default the first of , ; tab | that gives the first two rows two cells or more.
    header : bool or None
        Whether the first row holds names; by default whether it holds anything but numbers.
    n_features : int or None
        Where the target need not be there: a file of so many columns holds features only.

    Attributes
    ----------
    names : list of str
        Columns; x or x0, x1, … and y for a file without names.
    """

    def __init__(
        self,
        path: str,
        like: CsvFile | None = None,
        delimiter: str | None = None,
        header: bool | None = None,
        n_features: int | None = None,
    ) -> None:
        self.path = path
        self._open: Rows | None = None
        with _errors(path):
            rows = _open(path)
            try:
                self._look(rows, like, delimiter, header, n_features)
            except BaseException:
                rows.close()
                raise
        if os.path.isfile(path):
            rows.close()
        else:  # what a pipe has given does not come again
            self._open = rows

    def _look(
        self, rows: Rows, like: CsvFile | None, delimiter: str | None, header: bool | None, n_features: int | None
    ) -> None:
        path = self.path
        self.delimiter = _delimiter(rows) if delimiter is None else delimiter
        head = rows.head(2, self.delimiter)
        if not head:
            raise DataError(f"{path} is empty: at least one row is needed")
        self._line, cells = head[0]
        self._width = len(cells)
        if any(character < "\t" or character == "\ufffd" for cell in cells for character in cell):
            raise _not_utf8(path)
        if header is None:
            header = not all(is_number(cell) for cell in cells) if like is None else like.has_header
        self.has_header: bool = header
        if len(cells) == 1 and n_features is None:
            raise DataError(
                f"{path} has one column, {cells[0]!r:.60}: feature and target are needed, "
                "separated by a comma, semicolon, tab or |"
            )
        if header:
            self.names = [cell.strip() for cell in cells]
        elif like is not None and len(like.names) != len(cells):
            raise DataError(f"{path} has {len(cells)} columns, and {like.path} has {len(like.names)}: all files need the same")
        elif len(cells) == n_features:
            self.names = [*default_names(n_features)]
        else:
            self.names = [*default_names(len(cells) - 1), "y"]
        self._skipped_lines = head[header][0] - 1 if len(head) > header else None
        if self._skipped_lines is not None and delimiter is None:
            _refuse_decimal_commas(rows, path, header)

    def require_rows(self) -> None:
        if self._skipped_lines is None:
            raise DataError(f"no rows: {self.path} holds column names only; at least one row is needed")

    def tables(self, choose: Any, types: dict[str, Any]) -> Iterator[tuple[Table, float | None]]:
        """The chosen columns, piece by piece, each with the share of the file that is read.

        `types` are those of the columns' first rows in the first file, where it is filled in: they hold for all.
        """
        with _errors(self.path):
            rows = self._open or _open(self.path)
            try:
                pieces = rows.pieces(self.delimiter, self._width, int(self.has_header))
                first = next(pieces)
                if not types:
                    types.update(self._types(first, choose))

                def work(piece: Piece) -> tuple[Table, float | None]:
                    return self._table(piece, choose, types), piece.share

                yield work(first)
                if not first.is_last:
                    yield from work_ahead(pieces, work, rows.stop)
            finally:
                rows.close()

    def _types(self, piece: Piece, choose: Any) -> dict[str, Any]:
        """Numbers are float64 from the start, and text stays text; dates are left to be found and refused."""
        import pyarrow as pa

        text = {name: pa.string() for name in getattr(choose, "as_text", ())}
        try:
            frame = self._parse(piece, choose, text)
        except pa.ArrowInvalid as error:
            raise self._what_is_wrong(piece, error) from None
        types = {}
        words = [field.name for field in frame.schema if pa.types.is_string(field.type) and field.name not in text]
        self._refuse_decimal_comma(frame, words, self._lines(piece))
        for field in frame.schema:
            if pa.types.is_boolean(field.type) or pa.types.is_string(field.type):
                types[field.name] = field.type
            elif not pa.types.is_temporal(field.type):
                types[field.name] = pa.float64()
        return types

    def _table(self, piece: Piece, choose: Any, types: dict[str, Any]) -> Table:
        import pyarrow as pa

        line_of = self._lines(piece)
        try:
            frame = self._parse(piece, choose, types)
        except pa.ArrowInvalid:
            # A cell that is no number, or a row of another length. Bytes take any cell, and the first that is no number is then
            # refused with its place.
            numbers = [name for name, kind in types.items() if not pa.types.is_string(kind)]
            try:
                frame = self._parse(piece, choose, types | dict.fromkeys(numbers, pa.binary()))
            except pa.ArrowInvalid as error:
                raise self._what_is_wrong(piece, error) from None
            self._refuse_text(frame, numbers, choose, line_of)
        table: Table = choose.table(frame, self.path, line_of, 0, None)
        return table

    def _parse(self, piece: Piece, choose: Any, types: dict[str, Any]) -> Any:
        import pyarrow as pa
        from pyarrow import csv as arrow

        drop = getattr(choose, "missing", "raise") == "drop"
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
                include_columns=choose.needed,
                column_types=types,
                null_values=MISSING if drop else [""],
                strings_can_be_null=drop or hasattr(choose, "as_text"),
            ),
        )

    def _lines(self, piece: Piece) -> Callable[[int], int]:
        """Of a row of the piece, the line on which it begins."""
        return lambda row: next(islice(piece.rows(self.delimiter), row, None))[0]

    def _what_is_wrong(self, piece: Piece, error: Exception) -> DataError:
        for line, cells in piece.rows(self.delimiter):
            if len(cells) != self._width:
                return DataError(
                    f"{counted(len(cells), 'cell')} in line {line} of {self.path} where line {self._line} has {self._width}: "
                    "every line needs as many"
                )
            if any("\ufffd" in cell for cell in cells):
                return _not_utf8(f"line {line} of {self.path}")
        return DataError(f"{self.path} cannot be read: {first_line(error)}")

    def _refuse_decimal_comma(self, frame: Any, names: list[str], line_of: Callable[[int], int]) -> None:
        row, _, cell = _first_text(frame, names)
        if is_number(cell.replace(",", ".", 1)):
            raise _decimal_comma(cell, line_of(row), self.path)

    def _refuse_text(self, frame: Any, names: list[str], choose: Any, line_of: Callable[[int], int]) -> None:
        """Raise for the first cell, by rows, that is no number where one belongs."""
        self._refuse_decimal_comma(frame, names, line_of)
        row, name, cell = _first_text(frame, names)
        if cell:
            place = Table(EMPTY)
            place.path, place.line_of = self.path, line_of
            place.feature_names = columns = choose.needed
            if isinstance(choose, Columns):
                place.feature_names, place.target_name, place.weight_name = choose.features, choose.target, choose.weight
                columns = (*choose.features, choose.target, choose.weight)
            place.refuse(row, columns.index(name), f"text {cell!r:.60}")


def _first_text(frame: Any, names: list[str]) -> tuple[int, str, str]:
    """Row, column and content of the first cell, by rows, that is not written as a number; an empty one if there is none."""
    found = []
    for name in names:
        cells = (cell.decode("utf-8", "replace") if isinstance(cell, bytes) else cell for cell in frame[name].to_pylist())
        words = ((row, name, cell) for row, cell in enumerate(cells) if cell and not is_number(cell))
        found.append(next(words, (len(frame), name, "")))
    return min(found, default=(0, "", ""))


def first_line(error: Exception) -> str:
    """Of pyarrow's messages, which may go on for a page."""
    return str(error).partition("\n")[0]


@contextmanager
def _errors(path: str) -> Iterator[None]:
    import pyarrow

    try:
        yield
    except (pyarrow.ArrowException, OSError, csv.Error) as error:
        raise DataError(f"{path} cannot be read: {first_line(error)}") from None


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
            raise _decimal_comma(odd, line, path)


def _decimal_comma(cell: str, line: int, path: str) -> DataError:
    return DataError(
        f"{cell!r:.60} in line {line} of {path} has a decimal comma: write decimal points, "
        "or pass a frame, pandas.read_csv(path, sep=';', decimal=',')"
    )


def _not_utf8(what: str) -> DataError:
    return DataError(f"{what} is not UTF-8 text: save it as CSV in UTF-8, or if it is Parquet name it .parquet")
