"""The moving picture: that its file is whole, small and of the descent, or that it says why there is none."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import numpy as np
import pytest

import fastgd

pytest.importorskip("matplotlib", reason="the extra `plot` is not installed")
Image = pytest.importorskip("PIL.Image", reason="the extra `plot` is not installed")

DATA = Path(__file__).parent.parent / "data"
HOURS, ROOMS = DATA / "hours_scores.csv", DATA / "portland_houses_bedrooms.csv"
BLUE, ORANGE = (0x00, 0x72, 0xB2), (0xD5, 0x5E, 0x00)


def lesson(**options: object) -> fastgd.FitResult:
    return fastgd.fit(HOURS, "score", **{"learning_rate": 1e-4, "max_iter": 1000, **options})


def frames(path: Path) -> tuple[list[np.ndarray], list[int]]:
    pixels, durations = [], []
    with Image.open(path) as film:
        assert film.n_frames == 1 or film.info["loop"] == 0  # for ever
        for i in range(film.n_frames):
            film.seek(i)
            pixels.append(np.asarray(film.convert("RGB")).astype(int))
            durations.append(film.info["duration"])
    return pixels, durations


def near(pixels: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """Rows and columns of the pixels of a colour."""
    return np.argwhere(np.abs(pixels - colour).sum(axis=-1) < 40)


def test_the_lessons_film(tmp_path: Path) -> None:
    path = tmp_path / "line.gif"
    lesson().animate(path, HOURS)
    assert [path] == list(tmp_path.iterdir()) and path.stat().st_size < 3_000_000
    pixels, durations = frames(path)
    assert 90 <= len(pixels) <= 125
    assert {frame.shape for frame in pixels} == {(450, 800, 3)}
    assert durations[0] == 700 and durations[-1] == 2100 and set(durations[1:-1]) == {70}


def test_the_line_rises_to_the_least_squares_line(tmp_path: Path) -> None:
    path = tmp_path / "line.gif"
    lesson().animate(path)  # without points, so that no residual is blue
    pixels, _ = frames(path)
    left = [near(frame[100:400, 70:420], BLUE) for frame in pixels]
    heights = [rows[:, 0].mean() for rows in left]
    assert heights[0] > heights[1] > heights[2] > heights[3]  # rows count from the top
    best = near(pixels[0][100:400, 70:420], ORANGE)[:, 0].mean()
    assert abs(heights[0] - best) > 50.0 and abs(heights[-1] - best) < 3.0


def test_without_a_line_the_bowl_and_the_error_move(tmp_path: Path) -> None:
    fastgd.fit(ROOMS, "price_usd", learning_rate=1e-7, max_iter=1000).animate(tmp_path / "rooms.gif")
    pixels, _ = frames(tmp_path / "rooms.gif")
    for half in (slice(0, 400), slice(400, 800)):
        dot, way = len(near(pixels[0][:, half], BLUE)), len(near(pixels[-1][:, half], BLUE))
        assert dot > 20 and way > dot + 100


@pytest.mark.parametrize(
    "result",
    [
        lesson(learning_rate=1e-3, max_iter=None, unstable="run"),
        lesson(learning_rate="auto", max_iter=None),
        lesson(max_iter=0),
        lesson(standardize=True, max_iter=None, learning_rate="auto"),
        fastgd.fit([1.0, 2.0, 4.0], [3.0, 5.0, 9.0], start=[1.0, 2.0]),
        fastgd.fit([2.0, 2.0], [1.0, 2.0]),
        fastgd.fit([0.0, 0.0], [0.0, 0.0], fit_intercept=False),
        fastgd.fit([1.0, 2.0, 4.0], [3.0, 5.0, 8.0], fit_intercept=False, learning_rate=0.01, max_iter=5),
        fastgd.fit(1.7e12 + 60_000.0 * np.arange(100.0), np.sin(np.arange(100.0))),
    ],
    ids=["diverged", "auto", "nothing run", "standardised", "from the optimum", "constant", "zeros", "origin", "timestamps"],
)
def test_any_run_makes_a_film(result: fastgd.FitResult, tmp_path: Path) -> None:
    result.animate(tmp_path / "any.gif")
    assert len(frames(tmp_path / "any.gif")[0]) >= 1


def test_films_that_cannot_be_made_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = lesson()
    for name in ("line.avi", "line", "gif"):
        with pytest.raises(fastgd.DataError, match=rf"{name}: an animation is a \.gif or an \.mp4 file: pass the name of one"):
            result.animate(tmp_path / name)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(fastgd.DataError, match=r"line\.mp4: an \.mp4 needs the program ffmpeg, which is not installed; a \.gif"):
        result.animate(tmp_path / "line.mp4")
    with pytest.raises(fastgd.DataError, match="2 features were fitted: points are shown with one only"):
        fastgd.fit(ROOMS, "price_usd").animate(tmp_path / "line.gif", ROOMS)
    with pytest.raises(fastgd.DataError, match="y is missing"):
        result.animate(tmp_path / "line.gif", [1.0])
    (tmp_path / "folder.gif").mkdir()
    with pytest.raises(fastgd.DataError, match=r"folder\.gif is a folder or a device: name a file"):
        result.animate(tmp_path / "folder.gif")
    with pytest.raises(fastgd.DataError, match=r"the animation cannot be written to .*line\.gif: No such file or directory"):
        result.animate(tmp_path / "none" / "line.gif")
    assert [tmp_path / "folder.gif"] == list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("missing", "text"),
    [
        ("PIL.Image", r"^an animation needs Pillow, which is not installed: pip install 'fastgd\[plot\]'$"),
        ("matplotlib.pyplot", r"^a picture needs matplotlib, which is not installed: pip install 'fastgd\[plot\]'$"),
    ],
)
def test_a_missing_package_is_named(missing: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ImportError, match=text):
        lesson().animate(tmp_path / "line.gif")


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_film_that_fails_leaves_the_old_file(failing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "line.gif"
    path.write_bytes(b"old")

    def fail(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, failing, fail)
    with pytest.raises(fastgd.DataError, match=r"the animation cannot be written to .*line\.gif: No space left on device"):
        lesson().animate(path)
    assert [path] == list(tmp_path.iterdir()) and path.read_bytes() == b"old"


def stand_in(folder: Path, program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An ffmpeg that runs this."""
    ffmpeg = folder / "ffmpeg"
    ffmpeg.write_text(f"#!{sys.executable}\nimport sys\n{program}\n", encoding="utf-8")
    ffmpeg.chmod(ffmpeg.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(folder))


@pytest.mark.skipif(os.name != "posix", reason="a script as a program")
def test_an_mp4_is_what_ffmpeg_makes_of_the_frames(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = "open(sys.argv[-1], 'w').write(repr((sys.argv[1:-1], len(sys.stdin.buffer.read()))))"
    stand_in(tmp_path, program, monkeypatch)
    lesson(max_iter=0, start=[7.0, 1.3]).animate(tmp_path / "line.mp4")
    options, size = eval((tmp_path / "line.mp4").read_text())
    assert options[options.index("-s") + 1] == "800x450" and options[options.index("-pix_fmt") + 1] == "rgba"
    assert size % (800 * 450 * 4) == 0 and 100 < size // (800 * 450 * 4) < 180


@pytest.mark.skipif(os.name != "posix", reason="a script as a program")
@pytest.mark.parametrize(
    ("program", "reason"), [("sys.exit('odd\\nUnknown encoder')", "Unknown encoder"), ("sys.exit(3)", "it ended with 3")]
)
def test_an_ffmpeg_that_fails_is_quoted(program: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path, program, monkeypatch)
    with pytest.raises(fastgd.DataError, match=f"^ffmpeg cannot write the animation: {reason}$"):
        lesson().animate(tmp_path / "line.mp4")
    assert [tmp_path / "ffmpeg"] == list(tmp_path.iterdir())
