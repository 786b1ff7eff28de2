"""Bytes of a CSV file, cut where a row ends."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from fastgd.errors import DataError

PIECE = 1 << 22
"""Bytes parsed at a time, at most."""
ROWS, CELLS = 1 << 16, 1 << 19
"""And rows and cells: short ones take more memory parsed than as text."""
FIRST = 1 << 18
"""Bytes of the first piece, whose rows tell how long rows are."""
LONGEST_ROW = 1 << 25
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Piece:
    """Whole rows.

    Attributes
    ----------
    data : bytearray
        Their text.
    line : int
        The line of the file with which it begins.
    skip : int
        Rows at its beginning that are no data.
    has_quotes : bool
    is_last : bool
    share : float or None
        How much of the file ends here.
    """

    data: bytearray
    line: int
    skip: int
    has_quotes: bool
    is_last: bool
    share: float | None

    def rows(self, delimiter: str) -> Iterator[tuple[int, list[str]]]:
        """The rows of data, each with the line on which it begins; slow."""
        return islice(read_rows(self.data, delimiter, self.line), self.skip, None)


def read_rows(data: bytes | bytearray, delimiter: str, line: int = 1) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not blank lines, each with the line on which it begins."""
    before = line
    reader = csv.reader(io.TextIOWrapper(io.BytesIO(data), "utf-8", errors="replace", newline=""), delimiter=delimiter)
    for cells in reader:
        if cells:
            yield line, cells
        line = before + reader.line_num


class Rows:
    """Pieces of one file, each ending where a row does.

    A newline inside quotes ends none. As for pyarrow and Python's csv, quotes count only where they open a cell; but text after
    the closing one, and a quote that is never closed, are refused: both would swallow rows in silence.
    """

    def __init__(self, file: Any, path: str, raw: IO[bytes], size: int | None) -> None:
        self._file, self._path, self._raw, self._size = file, path, raw, size
        self._held: bytes | bytearray = b""  # read, not handed out
        self._line = 1
        self._ended = False
        self._held = self._read(bytearray(), FIRST).removeprefix(BOM)

    def close(self) -> None:
        """Of a compressed file both streams, of which Arrow leaves the inner one open."""
        for file in (self._file, self._raw):
            file.close()

    def head(self, count: int, delimiter: str) -> list[tuple[int, list[str]]]:
        """The first rows, which stay to be read."""
        while True:
            rows = list(islice(read_rows(self._held, delimiter), count + 1))
            if self._ended or len(rows) > count or len(self._held) > LONGEST_ROW:  # the last might go on
                return rows[:count]
            self._held = self._read(self._held, 2 * len(self._held))

    def pieces(self, delimiter: str, skip: int) -> Iterator[Piece]:
        size = FIRST
        while True:
            data = self._read(self._held, size) if len(self._held) < size else bytearray(self._held)
            if not data:
                return
            quotes = _Quotes(data, delimiter) if b'"' in data else None
            end = len(data) if self._ended else _last_row_end(data, quotes)
            if end == 0:
                if len(data) > LONGEST_ROW:
                    raise DataError(
                        f"the row that begins in line {self._line} of {self._path} is longer than {LONGEST_ROW >> 20} MiB: "
                        "close its quote, or separate the rows by newlines"
                    )
                self._held, size = data, 2 * len(data)
                continue
            if quotes is not None:
                self._require_closed(data, quotes, end, delimiter)
            self._held = bytes(memoryview(data)[end:])
            del data[end:]
            lines = _count_lines(data)
            yield Piece(data, self._line, skip, quotes is not None, self._ended and not self._held, self._share())
            self._line, skip = self._line + lines, 0
            cells = data.count(delimiter.encode(), 0, FIRST) * len(data) // min(len(data), FIRST) + lines
            size = max(FIRST, min(PIECE, len(data) * ROWS // max(lines, 1), len(data) * CELLS // max(cells, 1)))

    def _read(self, held: bytes | bytearray, size: int) -> bytearray:
        """What is held and the next bytes, `size` altogether, fewer at the end."""
        data = bytearray(size)
        data[: len(held)] = held
        filled = len(held)
        with memoryview(data) as view:
            while filled < size and not self._ended:
                count = self._file.readinto(view[filled:])
                self._ended = count == 0
                filled += count
        del data[filled:]
        return data

    def _share(self) -> float | None:
        return None if not self._size else min(1.0, self._raw.tell() / self._size)

    def _require_closed(self, data: bytearray, quotes: _Quotes, end: int, delimiter: str) -> None:
        open_ = quotes.opens[quotes.closes >= len(data)]
        if self._ended and open_.size:
            line = self._line + _count_lines(data[: open_[-1]])
            raise DataError(f"the quote in line {line} of {self._path} is not closed before the file ends: close it")
        odd = quotes.followed_by_text(end, delimiter)
        if odd is not None:
            line = self._line + _count_lines(data[:odd])
            raise DataError(
                f"text follows a closing quote in line {line} of {self._path}: quote whole cells, a quote in them as two"
            )


class _Quotes:
    """Where quoted stretches of a text begin and end; a text that ends inside has its length for the last end."""

    def __init__(self, data: bytearray, delimiter: str) -> None:
        self._bytes = np.frombuffer(data, np.uint8).copy()
        at = np.flatnonzero(self._bytes == ord('"'))
        self.opens, self.closes = at[::2], at[1::2]
        if len(at) % 2:
            self.closes = np.append(self.closes, len(data))
        before = self._bytes[self.opens - 1]
        begins = (before == ord(delimiter)) | (before == 10) | (before == 13) | (before == ord('"')) | (self.opens == 0)
        if not begins.all():  # a quote inside a cell: look at each in turn
            cell = rb'(?:\A|(?<=[\n\r%s]))"[^"]*(?:""[^"]*)*("|\Z)' % re.escape(delimiter.encode())
            spans = [(m.start(), m.start(1)) for m in re.finditer(cell, data)]
            self.opens, self.closes = np.array(spans, np.intp).reshape(-1, 2).T

    def followed_by_text(self, end: int, delimiter: str) -> int | None:
        """The first closing quote before `end` with anything after it but a separator, a space or another quote."""
        closes = self.closes[self.closes < end - 1]
        after = self._bytes[closes + 1]
        odd = closes[~np.isin(after, np.frombuffer(b'" \t\r\n' + delimiter.encode(), np.uint8))]
        return int(odd[0]) if odd.size else None

    def around(self, at: int) -> int | None:
        """Where the quoted stretch begins in which a character is, if it is in one."""
        i = int(np.searchsorted(self.opens, at)) - 1
        return int(self.opens[i]) if i >= 0 and self.closes[i] > at else None


def _last_row_end(data: bytearray, quotes: _Quotes | None) -> int:
    newline = b"\n" if b"\n" in data else b"\r"
    at = data.rfind(newline, 0, len(data) - (newline == b"\r"))  # a last CR may be half of a CRLF
    while quotes is not None and at >= 0 and (start := quotes.around(at)) is not None:
        at = data.rfind(newline, 0, start)
    return at + 1


def _count_lines(data: bytearray) -> int:
    text: NDArray[np.uint8] = np.frombuffer(data, np.uint8)
    lines = np.count_nonzero(text == 10)
    if b"\r" in data:
        lines += np.count_nonzero(text == 13) - data.count(b"\r\n")
    return int(lines)
