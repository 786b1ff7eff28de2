"""Bytes of a CSV file, cut where a row ends."""

from __future__ import annotations

import csv
import io
import re
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from fastgd.errors import DataError
from fastgd.sources.files.pipes import Pipe

PIECE = 5 << 20
"""Bytes parsed at a time, at most."""
ROWS, CELLS = 1 << 18, 1 << 19
"""And rows and cells: short ones take more memory parsed than as text."""
FIRST = 1 << 18
"""Bytes of the first piece, whose rows tell how long rows are."""
LONGEST_ROW = 1 << 25
BOM = b"\xef\xbb\xbf"
_COUNTED = 1 << 16
"""Bytes whose newlines are counted at a time, in cache."""


@dataclass(frozen=True)
class Piece:
    """Whole rows."""

    data: memoryview  # their text; the memory is used for another piece when this one is gone
    line: int  # the line of the file with which it begins
    skip: int  # rows at its beginning that are not data
    has_quotes: bool
    is_last: bool
    share: float | None  # how much of the file ends here

    def rows(self, delimiter: str) -> Iterator[tuple[int, list[str]]]:
        """The rows of data, each with the line on which it begins; slow."""
        return islice(read_rows(self.data, delimiter, self.line), self.skip, None)


def read_rows(data: bytes | memoryview, delimiter: str, line: int = 1) -> Iterator[tuple[int, list[str]]]:
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

    def __init__(self, file: Any, path: str, raw: IO[bytes] | io.RawIOBase, size: int | None) -> None:
        self._file, self._path, self._raw, self._size = file, path, raw, size
        self._free: list[bytearray] = []  # memory: to have it anew for each piece costs a third of the time of reading
        self._held = b""  # read, not handed out
        self._line = 1
        self._ended = False
        self._hold(FIRST)
        self._held = self._held.removeprefix(BOM)

    def stop(self) -> None:
        """End a read that waits for the writer of a pipe."""
        if isinstance(self._raw, Pipe):
            self._raw.stop()

    def close(self) -> None:
        """Close both streams of a compressed file: Arrow leaves the inner one open."""
        for file in (self._file, self._raw):
            file.close()

    def head(self, count: int, delimiter: str) -> list[tuple[int, list[str]]]:
        """The first rows, which stay to be read."""
        while True:
            rows = list(islice(read_rows(self._held, delimiter), count + 1))
            if self._ended or len(rows) > count or len(self._held) > LONGEST_ROW:  # the last might go on
                return rows[:count]
            self._hold(2 * len(self._held))

    def pieces(self, delimiter: str, width: int, skip: int) -> Iterator[Piece]:
        """The rows; `width` is about how many cells one has, and the first `skip` are not data."""
        size = FIRST
        while True:
            memory, filled = self._read(max(size, len(self._held)))
            if not filled:
                return
            data = memoryview(memory)[:filled]
            quotes = _Quotes(data, delimiter) if memory.find(b'"', 0, filled) >= 0 else None
            end = filled if self._ended else _last_row_end(memory, filled, quotes)
            if end == 0:
                if filled > LONGEST_ROW:
                    raise DataError(
                        f"the row that begins in line {self._line} of {self._path} is longer than {LONGEST_ROW >> 20} MiB: "
                        "close its quote, or separate the rows by newlines"
                    )
                self._held, size = bytes(data), 2 * filled
                continue
            if quotes is not None:
                self._require_closed(data, quotes, end, delimiter)
            self._held = bytes(data[end:])
            lines = _count_lines(data[:end])
            piece = Piece(data[:end], self._line, skip, quotes is not None, self._ended and not self._held, self._share())
            weakref.finalize(piece, self._free.append, memory).atexit = False
            yield piece
            del piece
            self._line, skip = self._line + lines, 0
            rows = min(ROWS, CELLS // width)
            size = max(FIRST, min(PIECE, end * rows // max(lines, 1)))

    def _hold(self, size: int) -> None:
        memory, filled = self._read(size)
        self._held = bytes(memoryview(memory)[:filled])
        self._free.append(memory)

    def _read(self, size: int) -> tuple[bytearray, int]:
        """Memory that begins with what is held and the next bytes, and how many these are: `size`, or fewer at the end."""
        memory = self._free.pop() if self._free else bytearray(max(size, PIECE))
        if len(memory) < size:
            memory = bytearray(size)
        filled = len(self._held)
        with memoryview(memory) as view:
            view[:filled] = self._held
            while filled < size and not self._ended:
                count = self._file.readinto(view[filled:size])
                self._ended = count == 0
                filled += count
        return memory, filled

    def _share(self) -> float | None:
        return None if not self._size else min(1.0, self._raw.tell() / self._size)

    def _require_closed(self, data: memoryview, quotes: _Quotes, end: int, delimiter: str) -> None:
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

    def __init__(self, data: memoryview, delimiter: str) -> None:
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


def _last_row_end(memory: bytearray, filled: int, quotes: _Quotes | None) -> int:
    newline = b"\n" if memory.find(b"\n", 0, filled) >= 0 else b"\r"
    at = memory.rfind(newline, 0, filled - (newline == b"\r"))  # a last CR may be half of a CRLF
    while quotes is not None and at >= 0 and (start := quotes.around(at)) is not None:
        at = memory.rfind(newline, 0, start)
    return at + 1


def _count_lines(data: memoryview) -> int:
    """Newlines: LF, CR, or both together."""
    text: NDArray[np.uint8] = np.frombuffer(data, np.uint8)
    lines = 0
    for start in range(0, len(text), _COUNTED):
        part = text[start : start + _COUNTED + 1]  # and the one that follows, to see CRLF across
        lines += int(np.count_nonzero(part[:_COUNTED] == 10))
        returns = part[:_COUNTED] == 13
        if returns.any():
            at = np.flatnonzero(returns)
            lines += int(np.count_nonzero(part[np.minimum(at + 1, len(part) - 1)] != 10))
    return lines
