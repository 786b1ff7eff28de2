"""The command line: what it prints, where, and with which exit status."""

from __future__ import annotations

import dataclasses
import inspect
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from typer.testing import CliRunner, Result

import fastgd
from fastgd.cli import app
from fastgd.request import Request

ROOT = Path(__file__).parent.parent
ENV = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}  # it hides a flush that fails at exit
HOUSES, HOURS = str(ROOT / "data" / "portland_houses.csv"), str(ROOT / "data" / "hours_scores.csv")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def run_json(*arguments: str) -> dict[str, Any]:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.stderr

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    fields: dict[str, Any] = json.loads(result.stdout, parse_constant=refuse)
    return fields


def run_process(*command: str, **options: Any) -> subprocess.CompletedProcess[str]:
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": ENV, **options}
    return subprocess.run([sys.executable, *command], cwd=ROOT, text=True, timeout=120, **streams)


def the_line(stderr: str) -> str:
    assert stderr.count("\n") == 1 and stderr.endswith("\n"), stderr
    return stderr[:-1]


@pytest.fixture
def table(tmp_path: Path) -> Any:
    def write(text: str) -> str:
        path = tmp_path / "table.csv"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


# pictures


@pytest.mark.parametrize(("suffix", "magic"), [("png", b"\x89PNG"), ("SVG", b"<?xml"), ("pdf", b"%PDF")])
def test_fit_draws_pictures_and_prints_the_same(tmp_path: Path, suffix: str, magic: bytes) -> None:
    pytest.importorskip("matplotlib")
    path = tmp_path / f"fit.{suffix}"
    result = run("fit", HOURS, "score", "--plot", str(path))
    assert result.exit_code == 0 and result.stdout == run("fit", HOURS, "score").stdout
    assert path.read_bytes().startswith(magic) and [path] == list(tmp_path.iterdir())
    if suffix == "SVG":
        drawn = path.read_text(encoding="utf-8")
        assert "<!-- score -->" in drawn and "<!-- 100 points and their residuals -->" in drawn


def test_fit_draws_several_features_and_a_formula(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    rooms, path, film = str(ROOT / "data" / "portland_houses_bedrooms.csv"), tmp_path / "fit.svg", tmp_path / "fit.gif"
    result = run("fit", rooms, "price_usd ~ area_sqft + C(bedrooms)", "--plot", str(path), "--animate", str(film))
    assert (result.exit_code, result.stderr) == (0, "")
    assert "<!-- observed price_usd -->" in path.read_text(encoding="utf-8")
    assert film.read_bytes().startswith(b"GIF89a")


def test_fit_animates_and_says_what_it_cannot(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    result = run("fit", HOURS, "--max-iter", "3", "--animate", str(tmp_path / "line.gif"))
    assert (result.exit_code, result.stderr) == (0, "")
    assert (tmp_path / "line.gif").read_bytes().startswith(b"GIF89a")
    for option, name, needed in ("--plot", "a.jpg", ".png, .svg or .pdf"), ("--animate", "a.png", ".gif or .mp4"):
        refused = run("fit", "none.csv", option, name)  # before the file is looked for
        assert refused.exit_code == 2 and f"Invalid value for {option}: '{name}': it must end in {needed}" in refused.stderr
    refused = run("fit", HOURS, "--plot", str(tmp_path / "none" / "a.png"))
    assert refused.exit_code == 1 and "No such file or directory" in the_line(refused.stderr)


# files


def test_several_files_a_formula_weights_and_rows_left_out(tmp_path: Path) -> None:
    lines = [f"{i % 7},{'AB'[i % 2]},{i % 3},{3 * (i % 7) + 5 * (i % 2)}" for i in range(60)]
    lines[4] = "1,A,,8"
    for name, part in (("part-1.csv", lines[:30]), ("part-2.csv", lines[30:])):
        (tmp_path / name).write_text("a,town,w,y\n" + "\n".join(part) + "\n", encoding="utf-8")
    pattern = str(tmp_path / "part-*.csv")
    fields = run_json("fit", pattern, "y ~ a + town", "--weights", "w", "--missing", "drop", "--n-jobs", "2")
    assert fields["coef"] == pytest.approx([3.0, 5.0])
    assert fields["n_dropped"] == 1
    checked = run("check", pattern, "y ~ a", "--weights", "w", "--missing", "drop").stdout
    assert "(1 more left out because a value was missing)" in checked
    assert "line 6 of" in the_line(run("fit", pattern, "y ~ a", "--weights", "w").stderr)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.parametrize("command", ["fit", "predict"])
def test_ctrl_c_ends_a_read_without_a_word_and_writes_nothing(tmp_path: Path, command: str) -> None:
    pipe, model, out = tmp_path / "pipe.csv", tmp_path / "model.json", tmp_path / "out.csv"
    os.mkfifo(pipe)
    fastgd.fit([[1.0, 2.0], [2.0, 3.0], [3.0, 5.0]]).save(model)
    out.write_text("kept", encoding="utf-8")
    arguments = {"fit": ["fit", str(pipe)], "predict": ["predict", str(model), str(pipe), "-o", str(out)]}[command]
    process = subprocess.Popen(
        [sys.executable, "-m", "fastgd", *arguments], cwd=ROOT, env=ENV, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with open(pipe, "w", encoding="ascii") as rows:
        rows.write("x,y\n" + "1,2\n2,3\n" * 2**18)  # more than a pipe holds: once it is written, the process is reading
        rows.flush()
        process.send_signal(signal.SIGINT)
    printed = process.communicate(timeout=120)
    assert (process.returncode, *printed) == (130, b"", b"")
    assert sorted(tmp_path.iterdir()) == [model, out, pipe] and out.read_text(encoding="utf-8") == "kept"


@pytest.mark.parametrize("title", ["", "a\n", "town,a\n"])
@pytest.mark.parametrize("with_target", [False, True])
def test_predictions_of_a_file_of_features_alone(tmp_path: Path, title: str, with_target: bool) -> None:
    names = [*title.rstrip().split(","), "y"] if title else ["x0", "x1", "y"]
    data = np.array([[1.0, 2.0, 3.5], [2.0, 5.0, 4.0], [3.0, 3.0, 7.0], [4.0, 7.0, 8.0]])[:, -len(names) :]
    fitted, other, model = tmp_path / "fitted.csv", tmp_path / "other.csv", str(tmp_path / "model.json")
    lines = [",".join(map(repr, row)) for row in data.tolist()]
    fitted.write_text("\n".join([",".join(names), *lines] if title else lines), encoding="utf-8")
    result = fastgd.fit(fitted)
    assert list(result.feature_names) == names[:-1]
    result.save(model)
    if not with_target:
        lines = [line.rpartition(",")[0] for line in lines]
    other.write_text("\n".join([",".join(names if with_target else names[:-1]), *lines] if title else lines), encoding="utf-8")
    expected = result.predict(data[:, :-1])
    assert result.predict(other).tolist() == expected.tolist()
    assert [float(value) for value in run("predict", model, str(other)).stdout.splitlines()[1:]] == expected.tolist()


def test_predictions_of_a_file(tmp_path: Path) -> None:
    rows = [(float(i % 7), "AB"[i % 2], 3.0 * (i % 7) + 5.0 * (i % 2) + 0.1 * (i % 3)) for i in range(30)]
    data, other = tmp_path / "data.csv", tmp_path / "other.csv"
    data.write_text("a,town,y\n" + "".join(f"{a},{town},{y}\n" for a, town, y in rows), encoding="utf-8")
    other.write_text("town,a\nB,2\nA,4\n", encoding="utf-8")
    for target, features in (("y ~ a + town", None), ("y", ["a"])):
        result = fastgd.fit(data, target, features=features)
        model, out = str(tmp_path / "model.json"), tmp_path / "out.csv"
        result.save(model)
        printed = run("predict", model, str(other))
        assert printed.exit_code == 0, printed.stderr
        title, *values = printed.stdout.splitlines()
        assert title == "y"
        assert [float(value) for value in values] == result.predict(other).tolist()
        with_town = result.coef.tolist() + [0.0] * (features is not None)
        expected = [result.intercept + 2.0 * with_town[0] + with_town[1], result.intercept + 4.0 * with_town[0]]
        assert [float(value) for value in values] == pytest.approx(expected, rel=1e-14)
        assert run("predict", model, str(other), "-o", str(out)).stdout == ""
        assert out.read_text(encoding="utf-8") == printed.stdout
    before = out.read_bytes()
    other.write_text("b,c\n1,2\n", encoding="utf-8")
    assert "no column 'a' in" in the_line(run("predict", model, str(other), "-o", str(out)).stderr)
    other.write_text("a,c\n1,2\nq,2\n", encoding="utf-8")
    line = the_line(run("predict", model, str(other), "-o", str(out)).stderr)
    assert "text 'q' in line 3 of" in line and "column 'a'" in line
    assert out.read_bytes() == before


# fit


def test_unstable_rate_is_refused_in_the_words_of_the_command_line() -> None:
    result = run("fit", HOUSES, "price_usd", "--learning-rate", "0.0001", "--max-iter", "1000")
    assert (result.exit_code, result.stdout) == (1, "")
    line = the_line(result.stderr)
    assert line.startswith("fastgd: --learning-rate 0.0001 is not stable on these data: descent is stable below 2.16410902e-07")
    overflow = re.search(r"would overflow at iteration (\d+)", line)
    assert overflow and abs(int(overflow[1]) - 50) <= 2
    assert "Use --learning-rate auto (the best is 2.16410896e-07) or --standardize; --unstable run shows" in line


def test_without_a_rate_it_arrives() -> None:
    fields = run_json("fit", HOUSES, "price_usd")
    assert fields["slope"] == pytest.approx(134.525287720, rel=1e-11)
    assert fields["intercept"] == pytest.approx(71270.4924487, rel=1e-12)
    assert fields["converged"] is True


def test_the_lessons_run() -> None:
    fields = run_json("fit", HOURS, "--learning-rate", "1e-4", "--max-iter", "1000")
    assert fields["intercept"] == pytest.approx(0.0889365199374136, rel=1e-12)
    assert fields["slope"] == pytest.approx(1.47774408518945, rel=1e-12)
    assert fields["error"] == pytest.approx(112.614810116135, rel=1e-12)
    assert (fields["n_iter"], fields["status"]) == (1000, "max_iter")


def test_text_is_the_summary_and_the_explanation() -> None:
    text = run("fit", HOURS, "--learning-rate", "1e-4", "--max-iter", "1000").stdout
    result = fastgd.fit(HOURS, learning_rate=1e-4, max_iter=1000)
    assert text.startswith(result.summary() + "\n\n")
    explained = result.explain().replace("standardize=True", "--standardize").splitlines()
    assert text[len(result.summary()) :].split("\n\n")[1:] == [*explained[:-1], explained[-1] + "\n"]


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ([], {}),
        (["score"], {"target": "score"}),
        (["--start=-3,2.5", "--max-iter", "7"], {"start": [-3.0, 2.5], "max_iter": 7}),
        (["--tol", "0.01", "--learning-rate", "1e-4"], {"tol": 0.01, "learning_rate": 1e-4}),
        (["--standardize", "--learning-rate", "auto"], {"standardize": True}),
        (["--unstable", "run", "--learning-rate", "0.01"], {"unstable": "run", "learning_rate": 0.01}),
        (["--max-iter", str(10**30), "--learning-rate", "1e-4"], {"max_iter": 10**30, "learning_rate": 1e-4}),
    ],
)
def test_json_is_the_result_of_fit_to_the_bit(arguments: list[str], options: dict[str, Any]) -> None:
    result = fastgd.fit(HOURS, **options)
    stability, moments, optimum, rate = result.stability, result.moments, result.optimum, result.learning_rate
    assert run_json("fit", HOURS, *arguments) == {
        "intercept": result.intercept,
        "coef": result.coef.tolist(),
        "slope": result.slope,
        "feature_names": list(result.feature_names),
        "target_name": moments.target_name,
        "n_samples": 100,
        "n_dropped": 0,
        "error": result.error,
        "n_iter": result.n_iter,
        "learning_rate": rate,
        "status": result.status.name.lower(),
        "sentence": result.status.value,
        "converged": result.converged,
        "remaining": result.remaining,
        "r2": result.r2,
        "rank": 2,
        "start": list(result.start),
        "standardize": result.standardize,
        "formula": None,
        "optimum": {"intercept": optimum.intercept, "coef": optimum.coef.tolist(), "error": optimum.error},
        "stability": {
            "eigenvalues": stability.eigenvalues.tolist(),
            "condition": stability.condition,
            "max_learning_rate": stability.max_learning_rate,
            "best_learning_rate": stability.best_learning_rate,
            "rank": 2,
            "iterations_at_best": stability.iterations(1e-6),
            "iterations_at_rate": stability.iterations(1e-6, rate),
            "overflow_iteration": stability.overflow_iteration(rate),
        },
        "moments": {"n_samples": 100, "n_dropped": 0, "mean": moments.mean.tolist(), "covariance": moments.covariance.tolist()},
    }


def test_features_are_picked_by_name(table: Any) -> None:
    path = table("a,b,c\n1,5,2\n2,4,3\n3,9,5\n")
    fields = run_json("fit", path, "a", "--features", "c")
    assert (fields["target_name"], fields["feature_names"]) == ("a", ["c"])
    assert run_json("check", path, "--features", "b")["feature_names"] == ["b"]
    several = run_json("fit", path, "--features", "b,a", "--start", "1,2,3")
    assert (several["feature_names"], several["start"], several["slope"]) == (["b", "a"], [1.0, 2.0, 3.0], None)
    assert several["coef"] == fastgd.fit(path, features=["b", "a"], start=[1, 2, 3]).coef.tolist()


def test_json_has_null_for_what_float64_cannot_hold(table: Any) -> None:
    fields = run_json("fit", table("x,y\n1e200,1\n2e200,2\n4e200,4.5\n"))
    assert fields["slope"] == pytest.approx(1.1785714285714286e-200, rel=1e-12)
    assert fields["stability"]["condition"] is None
    assert fields["moments"]["covariance"] is None
    fields = run_json("fit", table("x,y\n1,1e200\n2,2e200\n4,4.5e200\n"), "--tol", "1e-9")
    assert fields["slope"] == pytest.approx(1.1785714285714286e200, rel=1e-8)
    assert fields["error"] is None and fields["optimum"] is None


def test_a_count_past_float64_stays_whole(table: Any) -> None:
    fields = run_json("fit", table("x,y\n1e-200,1\n2e-200,2\n4e-200,4.5\n"))
    assert fields["n_iter"] > 10**390


def test_a_tolerance_not_met_is_one_line_of_warning() -> None:
    result = run("fit", HOURS, "--learning-rate", "1e-4", "--tol", "1e-6", "--max-iter", "10", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["converged"] is False
    line = the_line(result.stderr)
    assert line.startswith("fastgd: warning: --tol 1e-06 is not met after 10 iterations")
    assert line.endswith("it takes 1,828,163 iterations at this rate; raise --max-iter, or pass --standardize")


# models


@pytest.mark.parametrize(
    "arguments",
    [
        [HOUSES, "price_usd"],
        [HOURS, "--learning-rate", "1e-4", "--max-iter", "1000"],
        [HOURS, "score ~ hours + I(hours ** 2)", "--standardize"],
        [HOURS, "--learning-rate", "0.01", "--unstable", "run"],
    ],
    ids=["limit", "on the way", "formula", "diverged"],
)
def test_show_prints_what_fit_printed(arguments: list[str], tmp_path: Path) -> None:
    model = str(tmp_path / "model.json")
    fitted = run("fit", *arguments, "--save", model)
    assert fitted.exit_code == 0, fitted.stderr
    assert run("show", model).stdout == fitted.stdout == run("fit", *arguments).stdout
    assert run_json("show", model) == run_json("fit", *arguments)
    before = (tmp_path / "model.json").read_bytes()
    fastgd.load(model).save(model)
    assert (tmp_path / "model.json").read_bytes() == before


def test_show_tells_the_formula_and_does_not_run_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    formula = "score ~ hours + I(hours ** 2 + (np.save('ran.npy', [1]) or 0))"
    run("fit", HOURS, formula, "--save", "model.json")
    Path("ran.npy").unlink()
    assert f"\n\nformula: {formula}\n\n" in run("show", "model.json").stdout
    assert run_json("show", "model.json")["formula"] == formula
    assert not Path("ran.npy").exists()
    assert run("predict", "model.json", HOURS).exit_code == 0
    assert Path("ran.npy").exists()


def test_names_and_formulas_of_a_file_cannot_steer_the_terminal(tmp_path: Path) -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"\x1b[2Jhours\x9b": [1.0, 2.0, 4.0], "score": [2.0, 3.0, 7.0]})
    fastgd.fit(frame, "score").save(tmp_path / "model.json")
    shown = run("show", str(tmp_path / "model.json")).stdout
    assert r"score on \x1b[2Jhours\x9b, 3 rows" in shown and shown.replace("\n", "").isprintable()
    fastgd.fit(HOURS, "score ~\nhours").save(tmp_path / "model.json")
    assert "\n\nformula: score ~ hours\n\n" in run("show", str(tmp_path / "model.json")).stdout


def test_a_warning_is_given_by_fit_and_not_again_by_show(tmp_path: Path) -> None:
    model = str(tmp_path / "model.json")
    fitted = run("fit", HOURS, "--tol", "1e-6", "--max-iter", "3", "--save", model)
    assert "--tol 1e-06 is not met" in the_line(fitted.stderr)
    assert (run("show", model).stdout, run("show", model).stderr) == (fitted.stdout, "")


@pytest.mark.parametrize("options", [["--learning-rate", "1"], ["--max-iter", "-1"]])
def test_a_fit_that_is_refused_leaves_the_old_model(options: list[str], tmp_path: Path) -> None:
    model = tmp_path / "model.json"
    model.write_text("old", encoding="utf-8")
    assert run("fit", HOURS, *options, "--save", str(model)).exit_code == 1
    assert [model] == list(tmp_path.iterdir()) and model.read_text(encoding="utf-8") == "old"


def test_models_that_cannot_be_read_or_written_are_one_line(tmp_path: Path) -> None:
    model = tmp_path / "model.json"
    assert "none.json cannot be loaded: no such file" in the_line(run("show", str(tmp_path / "none.json")).stderr)
    run("fit", HOURS, "--save", str(model))
    model.write_bytes(model.read_bytes()[:-40])
    assert "model.json cannot be loaded: it is not JSON, or is cut off" in the_line(run("show", str(model), "--json").stderr)
    for place, text in [
        (tmp_path / "none" / "model.json", f"--save {tmp_path}/none/model.json: there is no folder {tmp_path}/none"),
        (tmp_path, f"--save {tmp_path}: it is a folder; name a file in it"),
    ]:
        done = run("fit", "no_such_data.csv", "--save", str(place))  # said before the data are read
        assert (done.exit_code, done.stdout, the_line(done.stderr)) == (1, "", f"fastgd: {text}")


# check


@pytest.mark.parametrize("rate", [None, 1e-4, 1e-7])
@pytest.mark.parametrize("standardize", [False, True])
def test_check_prints_the_summary_of_the_stability(rate: float | None, standardize: bool) -> None:
    result = run("check", HOUSES, "price_usd", *_options(rate, standardize))
    assert result.exit_code == 0
    assert result.stdout == fastgd.analyse(HOUSES, "price_usd", standardize=standardize).summary(rate) + "\n"


def test_check_says_when_a_rate_overflows_or_arrives() -> None:
    unstable = run("check", HOUSES, "--learning-rate", "1e-4").stdout
    assert re.search(r"^stable below +2\.16410902e-07$", unstable, re.M)
    assert re.search(r"^at the best rate  238,621,571 iterations to come within a millionth of the distance$", unstable, re.M)
    assert re.search(r"^at 0\.0001 +not stable: the error would overflow at iteration (49|50|51)$", unstable, re.M)
    stable = run("check", HOURS, "--learning-rate", "1e-4").stdout
    assert re.search(r"^at 0\.0001 +stable: 1,830,410 iterations to come within a millionth of the distance$", stable, re.M)


@pytest.mark.parametrize("rate", [None, 1e-4, 1e-3])
@pytest.mark.parametrize("standardize", [False, True])
def test_check_json_is_the_stability_to_the_bit(rate: float | None, standardize: bool) -> None:
    stability = fastgd.analyse(HOURS, standardize=standardize)
    fields = run_json("check", HOURS, *_options(rate, standardize))
    assert fields["learning_rate"] == rate
    assert fields["standardize"] is standardize
    assert fields["stability"]["eigenvalues"] == stability.eigenvalues.tolist()
    assert fields["stability"]["max_learning_rate"] == stability.max_learning_rate
    assert fields["stability"]["iterations_at_best"] == stability.iterations()
    expected = [None] * 3
    if rate is not None:
        expected = [stability.is_stable(rate), stability.iterations(1e-6, rate), stability.overflow_iteration(rate)]
    nested = fields["stability"]
    assert [fields["is_stable"], nested["iterations_at_rate"], nested["overflow_iteration"]] == expected
    assert set(fields) == {
        *("feature_names", "target_name", "n_samples", "learning_rate", "is_stable", "standardize", "stability", "moments")
    }


def _options(rate: float | None, standardize: bool) -> list[str]:
    return ([] if rate is None else ["--learning-rate", repr(rate)]) + ["--standardize"] * standardize


# exit status


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["fit", "no.csv"], "no file 'no.csv'"),
        (["fit", HOURS, "scores"], "no column 'scores' in .*: did you mean 'score'"),
        (["fit", HOURS, "--max-iter", "-1"], "^fastgd: --max-iter -1: it must not be negative"),
        (["fit", HOURS, "--tol", "2"], r"^fastgd: --tol 2\.0: it must be a number between 0 and 1"),
        (["fit", HOURS, "--start", "1,2,3"], r"^fastgd: --start 1,2,3: it must hold 2 numbers"),
        (["fit", HOURS, "--start", "nan,2"], r"^fastgd: --start nan,2\.0: each number must be finite"),
        (["fit", HOURS, "--learning-rate", "-1"], r"^fastgd: --learning-rate -1\.0: it must be a positive"),
        (["check", HOURS, "--learning-rate", "0"], r"^fastgd: --learning-rate 0\.0: it must be a positive"),
        (["check", HOURS, "--learning-rate", "0", "--json"], r"^fastgd: --learning-rate 0\.0: it must be a positive"),
        (["check", str(ROOT)], "is a folder: name a CSV or Parquet file in it"),
    ],
)
def test_what_the_user_can_mend_is_one_line_and_status_1(arguments: list[str], text: str) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    assert re.search(text, the_line(result.stderr))
    assert isinstance(result.exception, SystemExit)


TOWNS = "a,town,w,y\n1,B,0,2\n,A,0,3\n3,A,0,5\n"


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        (TOWNS, ["--features", "a"], r"empty cell in line 3 .*drop the row, e\.g\. with --missing drop$"),
        (TOWNS, [], r"text 'B' in line 2 .*; leave the column out of --features, or use a formula, 'y ~ C\(town\)'$"),
        (TOWNS, ["--features", "a,w,a"], r"^fastgd: --features a,w,a names 'a' twice: name each column once$"),
        (TOWNS, ["y ~ w", "--features", "a"], r"^fastgd: --features and the formula 'y ~ w' both choose columns: leave one out$"),
        (TOWNS, ["--weights", "y"], r"^fastgd: --weights y names the target: weights are a column of their own$"),
        (TOWNS, ["--features", "w", "--weights", "w"], r"^fastgd: --weights is zero in every row: at least one row must count$"),
        ("a,y\n,1\n", ["--missing", "drop"], r"every row has a missing value, and --missing drop leaves them out, 1 in all"),
        ("a,y\n1,1\n", ["--n-jobs", "0"], r"^fastgd: --n-jobs 0: pass 1 or more threads, or -1 for all processors$"),
        (
            "a,b,c,y\n1e300,0,0,1\n0,1e-300,0,2\n0,0,1,3\n",
            ["--max-iter", "1", "--no-intercept"],
            r"^fastgd: the columns differ in size .*: pass --standardize, or multiply columns by powers of two$",
        ),
        (
            "a,y\n1,1\n",
            ["--no-intercept", "--learning-rate", "1", "--unstable", "run"],
            r"^fastgd: --learning-rate 1\.0 is so close to the limit .*: pass --max-iter$",
        ),
        (
            "a,y\n1e-5,1\n2e-5,2\n",
            ["--learning-rate", "1e-300", "--tol", "1e-6"],
            r"^fastgd: --learning-rate 1e-300 is so small that .*: pass a larger rate, or --max-iter$",
        ),
    ],
)
def test_messages_advise_options(table: Any, text: str, arguments: list[str], message: str) -> None:
    result = run("fit", table(text), *arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    assert re.search(message, the_line(result.stderr)), result.stderr


@pytest.mark.parametrize("arguments", [["--max-iter", "5"], ["--learning-rate", "0.01", "--unstable", "run"]])
def test_explanations_advise_options(arguments: list[str], tmp_path: Path) -> None:
    rooms, model = str(ROOT / "data" / "portland_houses_bedrooms.csv"), str(tmp_path / "model.json")
    for file in (HOURS, rooms):
        text = run("fit", file, *arguments, "--save", model).stdout
        assert re.search(r"[Ww]ith --standardize |or --learning-rate auto\.", text)
        assert "=" not in text.partition("status")[2]
        assert run("show", model).stdout == text
    assert "With standardize=True" in fastgd.load(model).explain()


def test_without_an_intercept(tmp_path: Path) -> None:
    fields = run_json("fit", HOURS, "--no-intercept")
    assert fields["coef"] == fastgd.fit(HOURS, fit_intercept=False).coef.tolist() and fields["intercept"] == 0.0
    checked = run("check", HOURS, "--no-intercept").stdout
    assert checked == fastgd.analyse(HOURS, fit_intercept=False).summary() + "\n"
    page = tmp_path / "page.html"
    pytest.importorskip("bokeh")
    assert run("explore", HOURS, "--no-intercept", "-o", str(page)).exit_code == 0
    fastgd.fit(HOURS, max_iter=0, fit_intercept=False).explore(tmp_path / "same.html", HOURS)
    assert len(page.read_text(encoding="utf-8")) == len((tmp_path / "same.html").read_text(encoding="utf-8"))


def test_options_are_the_arguments_of_the_library() -> None:
    """The same names and defaults, so that a new argument of `fit` is forgotten neither here nor in the estimator."""
    estimator = pytest.importorskip("fastgd.sklearn", reason="needs scikit-learn").GradientDescentRegressor
    fit, check, model = (
        {name: parameter.default for name, parameter in inspect.signature(function).parameters.items() if name != "progress"}
        for function in (fastgd.fit, fastgd.analyse, estimator)
    )
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    for command, wanted in (("fit", fit), ("check", check)):
        options = {option.name: option.default for option in commands[command].params}
        del options["data"], wanted["data"]
        assert wanted.items() <= options.items()
    asked = {field.name: field.default for field in dataclasses.fields(Request) if field.init}
    asked |= {"learning_rate": "auto"}
    assert {name: value for name, value in asked.items() if name not in ("penalty", "rule")}.items() <= fit.items()
    assert model.items() <= fit.items() and set(fit) - set(model) == OF_ROWS


OF_ROWS = {"target", "features", "sample_weight", "missing", "start"}
"""What an estimator is told in `fit`, or not at all."""


def test_a_column_called_like_an_argument_keeps_its_name(table: Any) -> None:
    result = run("fit", table("max_iter,y\n1,2\n2,3\n"), "maxiter")
    assert "no column 'maxiter'" in result.stderr and "did you mean 'max_iter'?" in result.stderr


def test_a_message_of_several_lines_is_told_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fastgd, "fit", _raise(fastgd.DataError("a\nb")))
    assert the_line(run("fit", HOURS).stderr) == "fastgd: a b"


def test_an_unreadable_file_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fastgd, "fit", _raise(PermissionError(13, "Permission denied", "secret.csv")))
    result = run("fit", "secret.csv")
    assert (result.exit_code, the_line(result.stderr)) == (1, "fastgd: secret.csv: Permission denied")


def test_a_defect_is_no_message_for_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fastgd, "fit", _raise(ZeroDivisionError()))
    assert isinstance(run("fit", HOURS).exception, ZeroDivisionError)


def _raise(error: Exception) -> Any:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    return fail


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["fit"], "FILE"),
        (["fit", HOURS, "score", "more"], "more"),
        (["fit", HOURS, "--learning-rate", "fast"], "'fast': pass a number or auto"),
        (["fit", HOURS, "--start", "a,b"], "'a': pass numbers separated by commas"),
        (["fit", HOURS, "--start", ""], "'': pass numbers separated by commas"),
        (["fit", HOURS, "--max-iter", "1.5"], "--max-iter"),
        (["fit", HOURS, "--tol", "small"], "--tol"),
        (["fit", HOURS, "--unstable", "walk"], "--unstable"),
        (["check", HOURS, "--learning-rate", "auto"], "--learning-rate"),
        (["descend"], "descend"),
        (["fit", HOURS, "--rate", "1"], "--rate"),
    ],
)
def test_wrong_usage_is_status_2(arguments: list[str], text: str) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert text in result.stderr and "Usage: " in result.stderr


def test_version_warmup_and_help() -> None:
    assert run("--version").stdout == f"fastgd {fastgd.__version__}\n"
    assert (run("warmup").exit_code, run("warmup").output) == (0, "")
    commands = run("--help").stdout
    firsts = {"fit": "Fit a line", "check": "Judge learning rates", "predict": "Predict the target", "show": "Print a saved fit"}
    for command, first in [*firsts.items(), ("warmup", "Compile the kernels")]:
        assert f"  {command}" in commands and first in commands
        assert first in run(command, "--help").stdout
        assert "Example: " in run(command, "--help").stdout


@pytest.mark.parametrize("command", ["fit", "check", "predict", "show"])
def test_the_example_of_the_help_is_a_command_that_works(
    command: str, table: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    os.rename(table("area,price\n1,2\n2,3\n3,5\n"), "houses.csv")
    fastgd.fit("houses.csv").save("model.json")
    example = run(command, "--help").stdout.partition("Example: fastgd ")[2].split()
    assert example[0] == command
    assert run(*example).exit_code == 0


# processes


def test_help_loads_no_numba() -> None:
    code = (
        "import sys; sys.argv = ['fastgd', 'fit', '--help']\n"
        "from fastgd.__main__ import main\n"
        "try: main()\n"
        "finally: print('numba' in sys.modules, 'typer' in sys.modules)"
    )
    assert run_process("-c", code).stdout.endswith("False True\n")


def test_module_prints_plain_text_whatever_the_environment_says() -> None:
    env = {**ENV, "FORCE_COLOR": "1", "GITHUB_ACTIONS": "true", "COLUMNS": "20"}
    done = run_process("-m", "fastgd", "fit", HOURS, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert fastgd.fit(HOURS).summary() in done.stdout
    wrong = run_process("-m", "fastgd", "fit", env=env)
    assert wrong.returncode == 2 and "\x1b" not in wrong.stderr


def test_module_tells_an_error_in_one_line() -> None:
    done = run_process("-m", "fastgd", "fit", HOUSES, "--learning-rate", "1")
    assert (done.returncode, done.stdout) == (1, "")
    assert the_line(done.stderr).startswith("fastgd: --learning-rate 1.0 is not stable")


@pytest.mark.parametrize("arguments", [["fit", HOURS], ["fit", HOURS, "--json"], ["check", HOURS], ["--help"]])
def test_a_broken_pipe_is_quiet(arguments: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = run_process("-m", "fastgd", *arguments, stdout=writing)
    finally:
        os.close(writing)
    assert done.stderr == ""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full, the device that is always full")
@pytest.mark.parametrize("arguments", [["fit", HOURS], ["check", HOURS, "--json"], ["--version"]])
def test_a_full_disk_is_one_line_and_status_1(arguments: list[str]) -> None:
    with open("/dev/full", "w") as full:
        done = run_process("-m", "fastgd", *arguments, stdout=full)
    assert (done.returncode, the_line(done.stderr)) == (1, "fastgd: No space left on device")


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell to close the output")
def test_a_closed_output_is_one_line_and_status_1() -> None:
    command = ["sh", "-c", '"$@" >&-', "sh", sys.executable, "-m", "fastgd", "fit", HOURS]
    done = subprocess.run(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, env=ENV)
    assert done.returncode == 1
    assert the_line(done.stderr) == "fastgd: there is no output to write to: standard output is closed"


def test_a_name_that_the_output_cannot_encode_is_escaped(table: Any) -> None:
    path = table("Σx,y\n1,2\n2,3\n4,4\n")
    done = run_process("-m", "fastgd", "fit", path, env={**ENV, "PYTHONIOENCODING": "latin-1"})
    assert (done.returncode, done.stderr) == (0, "")
    assert r"y on \u03a3x, 3 rows" in done.stdout


@pytest.mark.parametrize(
    ("missing", "text"),
    [
        ("typer", "the command line needs typer, which is not installed: pip install 'fastgd[cli]'"),
        ("rich", "the command line needs rich, which is not installed: pip install 'fastgd[cli]'"),
        ("pyarrow", "reading files needs pyarrow, which is not installed: pip install 'fastgd[files]'"),
    ],
)
def test_a_missing_extra_names_the_pip_command(missing: str, text: str) -> None:
    code = (
        f"import sys; sys.modules[{missing!r}] = None; sys.argv = ['fastgd', 'fit', {HOURS!r}]\n"
        "from fastgd.__main__ import main; main()"
    )
    done = run_process("-c", code)
    assert (done.returncode, done.stdout, the_line(done.stderr)) == (1, "", f"fastgd: {text}")


# a terminal


def read_terminal(columns: int, *arguments: str, **variables: str) -> str:
    """What a terminal of so many columns is sent."""
    fcntl, pty, termios = (pytest.importorskip(name) for name in ("fcntl", "pty", "termios"))
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, b"".join(n.to_bytes(2, sys.byteorder) for n in (40, columns, 0, 0)))
    hidden = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE")
    env = {name: value for name, value in ENV.items() if name not in hidden} | {"TERM": "xterm-256color", **variables}
    command = [sys.executable, "-m", "fastgd", *arguments]
    process = subprocess.Popen(command, cwd=ROOT, env=env, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    sent = b""
    try:
        while block := os.read(ours, 65536):
            sent += block
    except OSError:  # how Linux tells that the other end was closed
        pass
    os.close(ours)
    assert process.wait(timeout=120) == 0
    return sent.decode().replace("\r\n", "\n")


@pytest.mark.parametrize("columns", [60, 84, 200])  # at 84 a line would break before a %
def test_a_terminal_is_sent_lines_that_fit_and_whole_figures(columns: int) -> None:
    arguments = ["fit", HOURS, "--learning-rate", "1e-4", "--max-iter", "1000"]
    sent = read_terminal(columns, *arguments)
    assert "\x1b[36m1.47774409\x1b[0m" in sent
    text = re.sub(r"\x1b\[[0-9;]*m", "", sent)
    assert max(map(len, text.splitlines())) <= columns
    assert text.split() == run(*arguments).stdout.split()
    assert not re.search(r"^ *%", text, re.M)


def test_a_terminal_shows_the_rest_of_a_fact_below_its_beginning() -> None:
    sent = read_terminal(60, "fit", HOURS, "--learning-rate", "1e-4", "--max-iter", "1000", NO_COLOR="1")
    assert f"status              max_iter: The iterations that were asked\n{'':20}for were run, and the optimum is not\n" in sent


def test_a_terminal_with_no_color_is_sent_plain_text() -> None:
    arguments = ["check", HOURS, "--learning-rate", "1e-4"]
    assert read_terminal(100, *arguments, NO_COLOR="1") == run(*arguments).stdout
    assert "\x1b" in read_terminal(100, *arguments)
    assert "\x1b" not in read_terminal(80, "fit", "--help", NO_COLOR="1")


def test_a_separator_that_is_not_guessed(tmp_path: Path) -> None:
    rows, model = tmp_path / "rows.csv", tmp_path / "model.json"
    rows.write_text("a:y\n1:2\n2:4\n3:9\n")
    assert run("fit", str(rows), "y").stderr.endswith("separated by a comma, semicolon, tab or |, or by what --sep says\n")
    assert run("fit", str(rows), "y", "--sep", ":", "--save", str(model)).stdout.startswith("y on a, 3 rows")
    assert run("check", str(rows), "y", "--sep", ":").stdout.startswith("y on a, 3 rows")
    assert run("predict", str(model), str(rows), "--sep", ":").stdout.splitlines()[0] == "y"
    assert "--sep ::: pass the one character that separates cells" in run("fit", str(rows), "y", "--sep", "::").stderr
