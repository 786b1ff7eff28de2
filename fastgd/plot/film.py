"""The descent as a moving picture."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import fastgd
from fastgd.errors import missing_extra
from fastgd.plot import canvas, lines
from fastgd.plot.bowl import bands, set_window
from fastgd.plot.canvas import BLUE, GREY, ORANGE
from fastgd.plot.course import AT_OPTIMUM, LAST, course, spread
from fastgd.plot.plane import plane_of
from fastgd.plot.rows import Points
from fastgd.store.writing import replace
from fastgd.text import words
from fastgd.text.words import MILLIONTH

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_FRAMES = 120  # fewer where the first of them would be one iteration
_SIZE, _DPI = (8.0, 4.5), 100  # 800 x 450 pixels: even numbers, as mp4 needs
_TICK, _FIRST, _FINAL = 70, 10, 30  # milliseconds a frame; how many ticks the first and the last are shown
_COLOURS, _NEARLY_WHITE = 255, 250

Show = Callable[[int], None]
"""Moves a picture to frame i."""


def animate(result: fastgd.FitResult, path: str | os.PathLike[str], X: Any = None, y: Any = None) -> None:
    """Write an animation of the descent: the line, beside it the path on the error surface, and the error curve.

    The iterations are evenly spaced on a logarithmic scale, to show both the first steps and the slow part, and go on past the
    end of the run, dashed, until a millionth of the start's distance is left.

    Parameters
    ----------
    result : FitResult
    path : str or os.PathLike
        File to write: .gif, or with ffmpeg installed .mp4. An existing file is replaced once the new one is complete.
    X, y : optional
        Points to show beside the line of a fit with one feature, as `FitResult.plot` takes them.

    Raises
    ------
    DataError
        For another kind of file, an .mp4 without ffmpeg, points that cannot be shown, a file that cannot be written.
    ImportError
        Without matplotlib or Pillow.

    Examples
    --------
    >>> import fastgd, os, tempfile
    >>> result = fastgd.fit([1, 2, 3, 4], [2, 4, 5, 8], learning_rate=0.05, max_iter=100)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = os.path.join(folder, "line.gif")
    ...     fastgd.plot.animate(result, file, [1, 2, 3, 4], [2, 4, 5, 8])
    ...     os.path.getsize(file) > 10_000
    True
    """
    write = _writer(path)
    replace(path, write(_Film(result, X, y)), "the animation")


def _writer(path: str | os.PathLike[str]) -> Callable[[_Film], bytes]:
    """The function that makes the content of the file, or the error that says why there is none."""
    suffix = os.path.splitext(path)[1].lower()
    if suffix not in (".gif", ".mp4"):
        raise fastgd.DataError(f"{path}: an animation is a .gif or an .mp4 file: pass the name of one")
    if suffix == ".mp4":
        if shutil.which("ffmpeg") is None:
            raise fastgd.DataError(f"{path}: an .mp4 needs the program ffmpeg, which is not installed; a .gif does not")
        return _mp4
    try:
        import PIL.Image  # noqa: F401
    except ImportError:
        raise missing_extra("Pillow", "plot", "an animation") from None
    return _gif


class _Film:
    """The frames, drawn one after another; what does not move is drawn once."""

    def __init__(self, result: fastgd.FitResult, X: Any, y: Any) -> None:
        canvas.pyplot()  # or the error that names the extra
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        is_line = len(result.feature_names) == 1
        if not is_line and not (X is None and y is None):
            raise fastgd.DataError(f"{len(result.feature_names)} features were fitted: points are shown with one only")
        points = lines.points_of(result, X, y)
        self.at = _iterations(result)
        self.figure = Figure(_SIZE, _DPI, layout="constrained")
        self.agg = FigureCanvasAgg(self.figure)
        self.moving: list[Artist] = []
        self.shows: list[Show] = [_title(self, result)]
        axes = iter(_places(self.figure, is_line, result.rank > 1))
        if is_line:
            self.shows.append(_line(self, next(axes), result, points))
        if result.rank > 1:
            self.shows.append(_bowl(self, next(axes), result))
        self.shows.append(_error(self, next(axes), result))

    def add(self, artist: Any) -> Any:
        """An artist that moves."""
        artist.set_animated(True)
        self.moving.append(artist)
        return artist

    def frames(self, which: Iterable[int]) -> Iterator[NDArray[np.uint8]]:
        """Pixels, (height, width, 4)."""
        self.agg.draw()
        still = self.agg.copy_from_bbox(self.figure.bbox)
        for i in which:
            for show in self.shows:
                show(i)
            self.agg.restore_region(still)
            for artist in self.moving:
                self.figure.draw_artist(artist)
            yield np.array(self.agg.buffer_rgba())

    def ticks(self) -> list[int]:
        """How long each frame is shown."""
        ticks = [1] * len(self.at)
        ticks[0] = _FIRST
        ticks[-1] = _FINAL
        return ticks


def _iterations(result: fastgd.FitResult) -> NDArray[np.int64]:
    """From 0 to the end of the run or to a millionth of the distance, evenly spaced on a logarithmic scale."""
    last = min(max(result.n_iter, result.iterations_to(MILLIONTH) or 0), LAST)
    at = spread(last, [result.n_iter], _FRAMES)
    if len(at) > 2 and result.rank and result.factors(1)[-1] < 0.0:  # it swings from side to side: so do the frames
        at[1:-1] += (at[1:-1] + np.arange(1, len(at) - 1)) % 2
    return np.unique(at)


def _places(figure: Figure, has_line: bool, has_bowl: bool) -> list[Axes]:
    """Axes for the line, the bowl and the error: the line large, beside it the others, one above the other."""
    if has_line and has_bowl:
        grid = figure.add_gridspec(2, 2, width_ratios=(1.25, 1.0))
        return [figure.add_subplot(grid[:, 0]), figure.add_subplot(grid[0, 1]), figure.add_subplot(grid[1, 1])]
    return list(figure.subplots(1, has_line + has_bowl + 1, squeeze=False)[0])


def _title(film: _Film, result: fastgd.FitResult) -> Show:
    path = result.path(at=film.at)
    film.figure.suptitle(" ", fontsize="medium")  # room for it
    text = film.add(film.figure.text(0.5, 0.985, "", ha="center", va="top", fontsize="medium"))

    def show(i: int) -> None:
        k = int(path.iterations[i])
        stopped = f" (the run ended at {words.count(result.n_iter)})" if k > result.n_iter else ""
        text.set_text(f"iteration {words.count(k)}{stopped}, mean squared error {path.error[i]:.6g}")

    return show


def _line(film: _Film, ax: Axes, result: fastgd.FitResult, points: Points | None) -> Show:
    x, heights = lines.extent(result, points)
    optimum, path = result.optimum, result.path(at=film.at)
    with np.errstate(over="ignore"):
        least, runs = optimum.intercept + optimum.coef[0] * x, path.intercept[:, np.newaxis] + path.coef * x
    window = lines.set_window(ax, result, x, heights, [least, runs[0]])
    if points is not None:
        points.draw(ax)
    ax.plot(x, least, color=ORANGE, ls="--", lw=1.5, label="least squares")
    ax.plot([], [], color=BLUE, lw=2.5, label="descent")
    hairs = film.add(lines.draw_residuals(ax, np.empty((0, 2, 2))))
    (line,) = map(film.add, ax.plot(x, runs[0], color=BLUE, lw=2.5))
    canvas.legend_above(ax)

    def show(i: int) -> None:
        line.set_data(x, runs[i])
        line.set_linestyle("-" if film.at[i] <= result.n_iter else "--")
        if points is not None:
            hairs.set_segments(list(lines.residuals_of(points, float(path.intercept[i]), float(path.coef[i, 0]), window)))

    return show


def _bowl(film: _Film, ax: Axes, result: fastgd.FitResult) -> Show:
    plane = plane_of(result)
    set_window(ax, plane)
    bands(ax, plane)
    show = _trace(film, ax, plane.points(film.at), result)
    film.add(ax.plot(*plane.optimum, color=ORANGE, ls="", marker="*", ms=11, mec="white")[0])  # never hidden by the path
    return show


def _error(film: _Film, ax: Axes, result: fastgd.FitResult) -> Show:
    error, floor = course(result, film.at)
    if error.max() == floor:
        canvas.say(ax, AT_OPTIMUM)
        return lambda i: None
    canvas.log_axes(ax, int(film.at[-1]), float(error.min()), float(error.max()))
    ax.plot(film.at, error, color=GREY, lw=1.0)
    ax.set(xlabel="iteration", ylabel="excess error")
    return _trace(film, ax, np.column_stack([film.at, error]), result)


def _trace(film: _Film, ax: Axes, points: NDArray[np.float64], result: fastgd.FitResult) -> Show:
    """The path so far, dashed past the end of the run, with a dot at its end."""
    end = int(np.searchsorted(film.at, result.n_iter, side="right"))
    ran, beyond, dot = (
        film.add(ax.plot([], [], color=BLUE, **style)[0]) for style in ({"lw": 1.5}, {"lw": 1.5, "ls": "--"}, {"marker": "o"})
    )

    def show(i: int) -> None:
        ran.set_data(*points[: min(i + 1, end)].T)
        beyond.set_data(*points[end - 1 : i + 1].T)
        dot.set_data(*points[i : i + 1].T)

    return show


def _gif(film: _Film) -> bytes:
    from PIL import Image

    count = len(film.at)
    sample = Image.fromarray(np.vstack([frame[..., :3] for frame in film.frames((0, count // 2, count - 1))]))
    palette = sample.quantize(_COLOURS, Image.Quantize.MEDIANCUT, kmeans=2)  # the same for all frames
    colours = np.array(palette.getpalette())
    palette.putpalette(np.where(colours >= _NEARLY_WHITE, 255, colours).tolist())  # as mapping to a palette looks at six bits
    first, *others = [
        Image.fromarray(frame[..., :3]).quantize(palette=palette, dither=Image.Dither.NONE) for frame in film.frames(range(count))
    ]
    content = io.BytesIO()
    durations = [_TICK * ticks for ticks in film.ticks()]
    first.save(content, "GIF", save_all=True, append_images=others, duration=durations, loop=0)
    return content.getvalue()


def _mp4(film: _Film) -> bytes:
    width, height = film.agg.get_width_height()
    raw = ["-f", "rawvideo", "-pix_fmt", "rgba", "-s", f"{width}x{height}", "-r", f"{1000 / _TICK:.4f}", "-i", "-"]
    coded = ["-an", "-pix_fmt", "yuv420p", "-movflags", "+faststart"]
    with tempfile.TemporaryDirectory() as folder:
        made, told = os.path.join(folder, "film.mp4"), os.path.join(folder, "told")
        command = ["ffmpeg", "-loglevel", "error", *raw, *coded, made]
        with open(told, "wb") as errors, subprocess.Popen(command, stdin=subprocess.PIPE, stderr=errors) as ffmpeg:
            assert ffmpeg.stdin is not None
            with contextlib.suppress(BrokenPipeError):  # ffmpeg has said why
                for frame, ticks in zip(film.frames(range(len(film.at))), film.ticks(), strict=True):
                    ffmpeg.stdin.write(frame.tobytes() * ticks)
            ffmpeg.communicate()
        if ffmpeg.returncode:
            with open(told, encoding="utf-8", errors="replace") as lines_told:
                *_, reason = ["", *lines_told.read().strip().splitlines()]
            raise fastgd.DataError(f"ffmpeg cannot write the animation: {reason or f'it ended with {ffmpeg.returncode}'}")
        with open(made, "rb") as file:
            return file.read()
