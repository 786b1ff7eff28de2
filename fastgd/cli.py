"""The command line: files in, the same texts as `summary` and `explain` or one JSON object out."""

from __future__ import annotations

import csv
import inspect
import io
import json
import math
import os
import re
import sys
import textwrap
import warnings
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.text import Text
from typer.core import TyperGroup

import fastgd
from fastgd.errors import as_keyword, spelling
from fastgd.store.writing import replace

_WIDEST = 100  # columns of text: longer lines are hard to read on a wide terminal
_FIGURE = r"(?<![\w.])-?\d[\d,]*(\.\d+)?(e[-+]\d+)?( %)?(?!\w)"
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")


class _Door(TyperGroup):
    """The group of commands. An error that the user can correct is one line on stderr, and the exit status is 1."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        if sys.stdout is None:
            sys.exit("fastgd: there is no output to write to: standard output is closed")
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")  # a column name that the output's encoding lacks
        with warnings.catch_warnings():
            warnings.simplefilter("always", fastgd.ConvergenceWarning)
            warnings.showwarning = lambda message, *_: _tell(str(message), "warning: ")
            try:
                with spelling(self._spell):
                    return super().main(*args, **kwargs)
            except (fastgd.FastGDError, ImportError) as error:
                _tell(str(error))
            except OSError as error:
                where = f"{error.filename}: " if error.filename else ""
                _tell(f"{where}{error.strerror or error}")
                try:
                    sys.stdout.flush()
                except OSError:
                    sys.stdout = None  # or Python flushes it again at its exit, and complains with a traceback
            sys.exit(1)

    def _spell(self, name: str, *value: Any) -> str:
        """How an argument of the library is written here: as an option, if a command has one of that name."""
        options = {p.name: [*p.opts, *p.secondary_opts][0] for command in self.commands.values() for p in command.params}
        option = options.get(name, name)
        if not option.startswith("--"):
            return as_keyword(name, *value)
        texts = [",".join(map(str, v)) if isinstance(v, list) else str(v) for v in value if v is not True]
        return " ".join([option, *texts])


app = typer.Typer(
    cls=_Door,
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _number(text: str, needed: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r}: pass {needed}") from None


def _rate(text: str) -> float | str:
    return text if text == "auto" else _number(text, "a number or auto")


def _numbers(text: str) -> list[float]:
    return [_number(part, "numbers separated by commas") for part in text.split(",")]


def _names(text: str) -> list[str]:
    return text.split(",")


_Sep = Annotated[str | None, typer.Option("--sep", metavar="C", help="What separates the cells of a CSV; else it is found out.")]
_Rate = Annotated[Any, typer.Option(metavar="R|auto", parser=_rate, help="Constant rate of each step; auto: the fastest.")]
_Model = Annotated[str, typer.Argument(metavar="MODEL", help="File that `fit --save` or FitResult.save wrote.")]
_Json = Annotated[bool, typer.Option("--json", help="Print one JSON object; null is what float64 cannot hold.")]


def _rows(
    data: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="CSV (with or without column names) or Parquet file, or a quoted pattern of several."
        ),
    ],
    target: Annotated[
        str | None,
        typer.Argument(
            metavar="TARGET",
            help="Column to explain; the last one without it. Or a formula like 'y ~ a + C(b)', which is code: its Python is "
            "run; --features is the way that runs nothing.",
        ),
    ] = None,
    features: Annotated[
        Any,
        typer.Option(metavar="A,B", parser=_names, help="Columns to explain it by, separated by commas; all others without it."),
    ] = None,
    sample_weight: Annotated[
        str | None, typer.Option("--weights", metavar="COLUMN", help="Column that says how often each row counts.")
    ] = None,
    missing: Annotated[
        Literal["raise", "drop"], typer.Option(help="Rows with a missing value: refuse them, or leave them out and say how many.")
    ] = "raise",
    delimiter: _Sep = None,
    n_jobs: Annotated[int, typer.Option(metavar="N", help="Threads that sum up the rows; -1 for one a processor.")] = 1,
    fit_intercept: Annotated[
        bool,
        typer.Option("--intercept/--no-intercept", help="Without an intercept, the prediction is 0 where all features are 0."),
    ] = True,
    standardize: Annotated[
        bool, typer.Option("--standardize", help="Descend on (x - mean) / standard deviation; results stay in the file's units.")
    ] = False,
) -> None:
    """The parameters that `fit`, `check` and `explore` share; never called."""


def _of_rows(command: Callable[..., None]) -> Callable[..., None]:
    """Put the parameters of `_rows` before those of a command, which gets their values as one dictionary."""
    rows, own = (inspect.signature(function, eval_str=True).parameters for function in (_rows, command))

    @wraps(command)
    def run(**values: Any) -> None:
        given = {name: values.pop(name) for name in rows}
        given["data"] = _file(given["data"], given.pop("delimiter"))
        command(given, **values)

    parameters = [*rows.values(), *list(own.values())[1:]]
    run.__signature__ = inspect.Signature([p.replace(kind=p.KEYWORD_ONLY) for p in parameters])  # type: ignore[attr-defined]
    return run


def _file(path: str, delimiter: str | None) -> str | fastgd.CSV:
    """The path, with what the text of the file leaves open."""
    return path if delimiter is None else fastgd.CSV(path, delimiter)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"fastgd {fastgd.__version__}")
        raise typer.Exit()


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="Show the version and exit.")
    ] = False,
) -> None:
    """Linear regression by gradient descent that cannot blow up."""


@app.command(epilog="Example: fastgd fit houses.csv price --learning-rate 1e-7 --max-iter 1000")
@_of_rows
def fit(
    rows: dict[str, Any],
    learning_rate: _Rate = "auto",
    max_iter: Annotated[
        int | None, typer.Option(metavar="N", help="Iterations, or with --tol the most of them; without both, to the limit.")
    ] = None,
    tol: Annotated[
        float | None, typer.Option(metavar="T", help="Stop once this share (0 to 1) of the distance to the optimum is left.")
    ] = None,
    start: Annotated[
        Any, typer.Option(metavar="B,M,…", parser=_numbers, help="Intercept and coefficients to start from; zeros without it.")
    ] = None,
    unstable: Annotated[
        Literal["raise", "run"], typer.Option(help="A rate that is too large: refuse it, or run up to the last finite error.")
    ] = "raise",
    save: Annotated[
        str | None, typer.Option(metavar="MODEL", help="Also write the fit to a file for `show` and `predict`; it holds no rows.")
    ] = None,
    plot: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write pictures of the fit and the points: .png, .svg or .pdf.")
    ] = None,
    animate: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write a moving picture of the descent: .gif, or with ffmpeg .mp4.")
    ] = None,
    as_json: _Json = False,
) -> None:
    """Fit a line, or on several columns a plane, by gradient descent.

    Tells where the descent started, where it ended, where the optimum lies, and what the rate had to do with it.
    """
    if save is not None:
        _require_place(save)
    _require_suffix(plot, "--plot", ".png", ".svg", ".pdf")
    _require_suffix(animate, "--animate", ".gif", ".mp4")
    asked = {"learning_rate": learning_rate, "max_iter": max_iter, "tol": tol, "start": start, "unstable": unstable}
    result = fastgd.fit(**rows, **asked, progress=True)
    if save is not None:
        result.save(save)
    _say_fit(result, as_json)
    if plot is not None:
        _draw(result, plot, rows["data"], rows["target"])
    if animate is not None:
        points = (rows["data"], rows["target"]) if len(result.feature_names) == 1 else ()
        result.animate(animate, *points)


@app.command(epilog="Example: fastgd check houses.csv price --learning-rate 1e-4")
@_of_rows
def check(
    rows: dict[str, Any],
    learning_rate: Annotated[float | None, typer.Option(metavar="R", help="A constant rate of each step to judge.")] = None,
    as_json: _Json = False,
) -> None:
    """Judge learning rates without a fit.

    Tells below which rate descent is stable, which is the fastest, and how many iterations it needs.
    """
    stability = fastgd.analyse(**rows, progress=True)
    if as_json:
        stable = None if learning_rate is None else stability.is_stable(learning_rate)
        data = _held(stability.moments, "feature_names", "target_name", "n_samples")
        asked = {"learning_rate": learning_rate, "is_stable": stable, "standardize": stability.standardize}
        _say_json({**data, **asked, "stability": _stability(stability, learning_rate), "moments": _moments(stability.moments)})
    else:
        _say(stability.summary(learning_rate))


@app.command(epilog="Example: fastgd predict model.json houses.csv -o prices.csv")
def predict(
    model: _Model,
    file: Annotated[str, typer.Argument(metavar="FILE", help="CSV or Parquet file that has the features, or a quoted pattern.")],
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="OUT", help="CSV to write; standard output without it.")
    ] = None,
    delimiter: _Sep = None,
) -> None:
    """Predict the target of each row of a file, one number a line below the target's name.

    A formula in the model is code, and is run: `fastgd show MODEL` prints it without running it.
    """
    result = fastgd.load(model)
    name = io.StringIO()
    csv.writer(name, lineterminator="\n").writerow([result.moments.target_name])
    text = name.getvalue() + "".join(f"{value!r}\n" for value in result.predict(_file(file, delimiter)).tolist())
    if output is None:
        typer.echo(text, nl=False)
    else:
        replace(output, text, "the predictions")


@app.command(epilog="Example: fastgd show model.json")
def show(model: _Model, as_json: _Json = False) -> None:
    """Print a saved fit as `fit` did, without its data. Nothing in the file is run."""
    _say_fit(fastgd.load(model), as_json)


@app.command(epilog="Example: fastgd explore houses.csv price --learning-rate 1e-7 -o houses.html")
@_of_rows
def explore(
    rows: dict[str, Any],
    output: Annotated[str, typer.Option("--output", "-o", metavar="PAGE", help="HTML file to write.")],
    learning_rate: _Rate = "auto",
    max_iter: Annotated[int, typer.Option(metavar="N", help="Iteration to begin with.")] = 0,
) -> None:
    """Write a page for a browser in which points, line, learning rate and iteration can be moved.

    One file that needs no network: open it, or send it to someone.
    """
    result = fastgd.fit(**rows, learning_rate=learning_rate, max_iter=max_iter, unstable="run", progress=True)
    shown = ("data", "target", "features", "sample_weight", "missing")
    result.explore(output, **{name: rows[name] for name in shown})


@app.command(epilog="Example: NUMBA_CACHE_DIR=/var/cache/numba fastgd warmup")
def warmup() -> None:
    """Compile the kernels ahead of time.

    For images and servers: run it once as the user that will run the program, and no later run waits for it.
    """
    fastgd.warmup()


def _require_suffix(path: str | None, option: str, *suffixes: str) -> None:
    if path is not None and not path.lower().endswith(suffixes):
        raise typer.BadParameter(f"{path!r}: it must end in {', '.join(suffixes[:-1])} or {suffixes[-1]}", param_hint=option)


def _draw(result: fastgd.FitResult, path: str, file: str | fastgd.CSV, target: str | None) -> None:
    """The pictures of `FitResult.plot`, in a file that is written all at once."""
    figure = result.plot(file, target)[0, 0].figure
    content = io.BytesIO()
    figure.savefig(content, format=os.path.splitext(path)[1][1:].lower())
    replace(path, content.getvalue(), "the pictures")


def _require_place(model: str) -> None:
    """Before the fit, which may take long."""
    path = os.path.realpath(model)
    if os.path.isdir(path):
        raise fastgd.DataError(f"--save {model}: it is a folder; name a file in it")
    if not os.path.isdir(os.path.dirname(path)):
        raise fastgd.DataError(f"--save {model}: there is no folder {os.path.dirname(path)}")


def _say_fit(result: fastgd.FitResult, as_json: bool) -> None:
    if as_json:
        _say_json(_everything(result))
        return
    paragraphs = result.explain().splitlines()
    formula = [f"formula: {' '.join(result.formula.splitlines())}"] if result.formula else []
    _say("\n\n".join([result.summary(), *formula, *paragraphs]))


def _everything(result: fastgd.FitResult) -> dict[str, Any]:
    fields = _held(result, "intercept", "coef", "slope", "feature_names", "error", "n_iter", "learning_rate", "converged")
    fields |= _held(result, "remaining", "r2", "rank", "start", "standardize", "formula")
    fields |= _held(result.moments, "target_name", "n_samples", "n_dropped")
    fields |= {"status": result.status.name.lower(), "sentence": result.status.value}
    optimum = _plain(result, "optimum")
    fields["optimum"] = optimum and _held(optimum, "intercept", "coef", "error")
    fields["stability"] = _stability(result.stability, fields["learning_rate"])
    fields["moments"] = _moments(result.moments)
    return fields


def _stability(stability: fastgd.Stability, rate: float | None) -> dict[str, Any]:
    fields = _held(stability, "eigenvalues", "condition", "max_learning_rate", "best_learning_rate", "rank")
    fields["iterations_at_best"] = stability.iterations()
    fields["iterations_at_rate"] = stability.iterations(learning_rate=rate) if rate is not None else None
    fields["overflow_iteration"] = stability.overflow_iteration(rate) if rate is not None else None
    return fields


def _moments(moments: fastgd.Moments) -> dict[str, Any]:
    return _held(moments, "n_samples", "n_dropped", "mean", "covariance")


def _held(thing: object, *names: str) -> dict[str, Any]:
    """Attributes as JSON has them; None for a figure that float64 cannot hold."""
    return {name: _plain(thing, name) for name in names}


def _plain(thing: object, name: str) -> Any:
    try:
        value = getattr(thing, name)
    except fastgd.DataError:
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value.tolist() if hasattr(value, "tolist") else value


def _say_json(fields: dict[str, Any]) -> None:
    typer.echo(json.dumps(fields, allow_nan=False))


def _say(text: str) -> None:
    """Plain text; on a terminal with its figures coloured and its lines broken between words.

    Names and formulas come from files: what would steer a terminal is escaped.
    """
    text = _CONTROL.sub(lambda found: repr(found[0])[1:-1], text)
    if not sys.stdout.isatty():
        typer.echo(text)
        return
    console = Console()
    width = min(console.width, _WIDEST)
    coloured = Text("\n".join(_fold(line, width) for line in text.splitlines()))
    coloured.highlight_regex(_FIGURE, "cyan")
    console.print(coloured, soft_wrap=True)


def _fold(line: str, width: int) -> str:
    """Broken between words, never between a figure and its %, and going on below what follows its label."""
    label = re.match(r"(\S+( \S+)*)? {2,}", line)
    indent = " " * label.end() if label else ""
    whole = line.replace(" %", "\u00a0%")
    lines = textwrap.wrap(whole, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    return "\n".join(lines).replace("\u00a0%", " %")


def _tell(message: str, kind: str = "") -> None:
    print(f"fastgd: {kind}{' '.join(message.splitlines())}", file=sys.stderr)
