"""What is added from outside the package: a penalty, a rule, losses, a file format. Each in few lines, by the shared road."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import exact
import mpmath
import numpy as np
import pytest

import fastgd
from fastgd.descent.newton import minimise
from fastgd.fit import run
from fastgd.moments.passes import sum_working
from fastgd.request import Request
from fastgd.sources import Origin, read
from fastgd.sources.files.files import READERS

Array = np.ndarray


# A penalty, in 6 lines (the design allows 60).


class L2:
    def __init__(self, l2: float) -> None:
        self.l2 = l2

    def quadratic(self, p: int) -> Array:
        return np.full(p, self.l2)


def data(p: int, n: int = 40, offset: float = 0.0) -> tuple[Array, Array, Array]:
    """Columns of unlike scale whose means are not zero, so that the level is no direction of its own."""
    rng = np.random.default_rng(p)
    X = rng.normal(3.0 + offset, 2.0, (n, p)) * 2.0 ** np.arange(p)
    return X, X @ np.ones(p) + rng.normal(0.0, 5.0, n) + 7.0, rng.integers(1, 4, n).astype(float)


class Ridge:
    """The objective in fractions: A + P about zero, P without the intercept's place; in raw or standardised coordinates."""

    def __init__(self, X: Array, y: Array, weight: Array, l2: float, fit_intercept: bool, standardize: bool) -> None:
        self.first = int(fit_intercept)
        self.columns, self.y, self.w = exact.design(X.T.tolist(), fit_intercept), exact.fractions(y), exact.fractions(weight)
        features = self.columns[self.first :]
        means = [exact.mean(column, self.w) if fit_intercept else Fraction(0) for column in features]
        spreads = [exact.mean([(v - m) ** 2 for v in c], self.w) for c, m in zip(features, means, strict=True)]
        self.penalty = [Fraction(0)] * self.first + [Fraction(l2) * (s if standardize else 1) for s in spreads]

    def gradient(self, theta: list[Fraction]) -> list[Fraction]:
        pull = [w * r for w, r in zip(self.w, exact.residuals(self.columns, self.y, theta), strict=True)]
        half = [exact.dot(column, pull) / sum(self.w) for column in self.columns]
        return [2 * (c * t - g) for c, t, g in zip(self.penalty, theta, half, strict=True)]

    def minimum(self) -> list[Fraction]:
        q = len(self.columns)
        zero = self.gradient([Fraction(0)] * q)
        units = [[Fraction(int(i == j)) for i in range(q)] for j in range(q)]
        hessian = [[a - b for a, b in zip(self.gradient(unit), zero, strict=True)] for unit in units]
        solution, undecided = exact.solve(hessian, [-g for g in zero])
        assert not undecided
        return solution

    def error(self, theta: list[Fraction]) -> Fraction:
        return exact.error(self.columns, self.y, theta, self.w)


@pytest.mark.parametrize("p", [1, 3])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("l2", [1e-6, 0.5, 1e4])
def test_a_penalty_from_outside(p: int, fit_intercept: bool, standardize: bool, l2: float) -> None:
    """The trap is raw descent with an intercept, where l2 is not added to the eigenvalues."""
    X, y, weight = data(p)
    reference = Ridge(X, y, weight, l2, fit_intercept, standardize)
    moments = fastgd.fit(X, y, sample_weight=weight).moments
    wanted = reference.minimum()
    request = Request(fit_intercept=fit_intercept, standardize=standardize, penalty=L2(l2))
    result = run(moments, request)
    assert parameters(result, fit_intercept) == pytest.approx([float(v) for v in wanted], rel=1e-14)
    assert result.error == pytest.approx(float(reference.error(wanted)), rel=1e-14)
    penalty = sum(c * v * v for c, v in zip(reference.penalty, wanted, strict=True))
    assert result.objective == pytest.approx(float(reference.error(wanted) + penalty), rel=1e-13)
    if standardize:
        return
    q = len(wanted)
    gram = [[exact.mean([a * b for a, b in zip(u, v, strict=True)], reference.w) for v in reference.columns]
            for u in reference.columns]
    hessian = mpmath.matrix(q, q)
    with mpmath.workdps(60):
        for i in range(q):
            for j in range(q):
                entry = 2 * (gram[i][j] + (reference.penalty[i] if i == j else 0))
                hessian[i, j] = mpmath.mpf(entry.numerator) / entry.denominator
        values = sorted(float(v) for v in mpmath.eigsy(hessian, eigvals_only=True))
    np.testing.assert_allclose(result.stability.eigenvalues, values, rtol=1e-13)
    rate = result.stability.best_learning_rate
    theta = [Fraction(0)] * q
    for _ in range(5):
        theta = [t - Fraction(rate) * g for t, g in zip(theta, reference.gradient(theta), strict=True)]
    after = run(moments, Request(rate, 5, fit_intercept=fit_intercept, penalty=L2(l2)))
    assert parameters(after, fit_intercept) == pytest.approx([float(v) for v in theta], rel=1e-13)
    assert after.error == pytest.approx(float(reference.error(theta)), rel=1e-13)
    excess = float(after.excess([0.0] * (not fit_intercept) + [float(v) for v in theta]))
    assert excess == pytest.approx(after.objective - run(moments, request).objective, rel=1e-6)


def test_a_penalty_decides_what_the_columns_leave_undecided() -> None:
    X, y, _ = data(1)
    twice = np.column_stack([X, X])
    result = run(fastgd.fit(twice, y).moments, Request(penalty=L2(0.25)))
    assert result.rank == 3
    assert result.coef[0] == pytest.approx(result.coef[1], rel=1e-14)
    with pytest.raises(fastgd.DataError, match="a penalised estimate is biased, and has no standard errors of least squares"):
        result.inference()
    with pytest.raises(fastgd.DataError, match="a run with a penalty, or by another rule than plain descent, cannot be saved"):
        result.save("never.json")
    assert "No standard errors: a penalised estimate is biased" in result.summary()


def parameters(result: fastgd.FitResult, fit_intercept: bool) -> list[float]:
    return [result.intercept] * fit_intercept + result.coef.tolist()


# A rule, in 15 lines (the design allows 60).


class HeavyBall:
    """theta_k+1 = theta_k - rate * gradient + beta (theta_k - theta_k-1); Polyak 1964. Along a direction a 2 x 2 matrix."""

    def __init__(self, momentum: float) -> None:
        self.momentum = momentum
        self.limit = 2.0 * (1.0 + momentum)

    def left(self, u: Array, k: float) -> Array:
        beta = self.momentum
        shares = []
        for step in u.tolist():
            power = np.linalg.matrix_power(np.array([[1.0 + beta - step, -beta], [1.0, 0.0]]), int(k))
            shares.append(power[0].sum())  # from (distance, distance): it begins at rest
        return np.array(shares)


def heavy_ball(X: Array, y: Array, rate: float, beta: float, k: int) -> list[float]:
    """The loop, in 40 digits."""
    with mpmath.workdps(40):
        columns = [[mpmath.mpf(1)] * len(y), *([mpmath.mpf(v) for v in column] for column in X.T.tolist())]
        theta = before = [mpmath.mpf(0)] * len(columns)
        for _ in range(k):
            rows = zip(zip(*columns, strict=True), y.tolist(), strict=True)
            pull = [mpmath.fdot(row, theta) - t for row, t in rows]
            gradient = [2 * mpmath.fdot(column, pull) / len(y) for column in columns]
            moves = zip(theta, before, gradient, strict=True)
            theta, before = [t - mpmath.mpf(rate) * g + mpmath.mpf(beta) * (t - b) for t, b, g in moves], theta
        return [float(value) for value in theta]


@pytest.mark.parametrize("k", [0, 1, 2, 50, 201])
@pytest.mark.parametrize("beta", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("p", [1, 2])
def test_a_rule_from_outside(p: int, k: int, beta: float) -> None:
    X, y, _ = data(p, 12)
    moments = fastgd.fit(X, y).moments
    rate = 0.9 * (1.0 + beta) * fastgd.analyse(moments).max_learning_rate
    result = run(moments, Request(rate, k, rule=HeavyBall(beta)))
    wanted = heavy_ball(X, y, rate, beta, k)
    np.testing.assert_allclose(parameters(result, True), wanted, rtol=1e-11, atol=1e-12)
    path = result.path(at=[k, 0])
    np.testing.assert_allclose(np.append(path.intercept[0], path.coef[0]), wanted, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(path.error, [result.error, np.mean(y * y)], rtol=1e-12)
    np.testing.assert_allclose(result.factors([k])[0], result.factors(k))
    if beta == 0.0:
        np.testing.assert_allclose(result.factors(k), run(moments, Request(rate, k)).factors(k), rtol=1e-9, atol=1e-15)


def test_a_rule_has_its_own_limit() -> None:
    X, y, _ = data(2, 12)
    moments = fastgd.fit(X, y).moments
    past = 1.2 * fastgd.analyse(moments).max_learning_rate
    with pytest.raises(fastgd.UnstableLearningRateError):
        run(moments, Request(past, 10))
    assert run(moments, Request(past, 10, rule=HeavyBall(0.5))).status is fastgd.Status.MAX_ITER
    with pytest.raises(fastgd.UnstableLearningRateError):
        run(moments, Request(past, 10, rule=HeavyBall(0.1)))
    with pytest.raises(fastgd.DataError, match="a rule other than plain descent needs max_iter, and takes no tol"):
        run(moments, Request(past, rule=HeavyBall(0.5)))


# Losses, in 8 and 11 lines (the design allows 60).


class Squared:
    def value(self, eta: Array, y: Array) -> Array:
        return (y - eta) ** 2

    def working(self, eta: Array, y: Array) -> tuple[Array, Array]:
        return np.empty(0), y


class Logistic:
    """log(1 + exp(eta)) - y eta, y being 0 or 1; curvature mu (1 - mu) with mu = 1 / (1 + exp(-eta))."""

    def value(self, eta: Array, y: Array) -> Array:
        return np.logaddexp(0.0, eta) - y * eta

    def working(self, eta: Array, y: Array) -> tuple[Array, Array]:
        mu = 1.0 / (1.0 + np.exp(-eta))
        weight = mu * (1.0 - mu)
        return weight, eta + (y - mu) / weight


@pytest.mark.parametrize("n", [40, 10_000])
def test_the_squared_loss_from_outside_has_the_bits_of_fit(n: int) -> None:
    X, y, weight = data(3, n)
    for given in (None, weight):
        source = read(X, y, sample_weight=given)
        moments, parts = minimise(lambda working: sum_working(source, working), Squared(), Request())  # noqa: B023
        wanted = fastgd.fit(X, y, sample_weight=given)
        assert moments.to_bytes() == wanted.moments.to_bytes()
        assert parts.in_units("limit")[0] == wanted.intercept
        assert parts.in_units("limit")[1].tolist() == wanted.coef.tolist()


def test_a_loss_from_outside() -> None:
    rng = np.random.default_rng(5)
    X = rng.normal(size=(60, 2))
    y = (X @ [1.0, -2.0] + 0.5 + rng.logistic(size=60) > 0.0).astype(float)
    source: Any = read(X, y)
    _, parts = minimise(lambda working: sum_working(source, working), Logistic(), Request())
    found = [mpmath.mpf(v) for v in (parts.in_units("limit")[0], *parts.in_units("limit")[1].tolist())]
    with mpmath.workdps(40):  # a Newton step in 40 digits moves no parameter
        rows = [[mpmath.mpf(1), *map(mpmath.mpf, row)] for row in X.tolist()]
        mu = [1 / (1 + mpmath.exp(-mpmath.fdot(row, found))) for row in rows]
        score = mpmath.matrix([sum(r[j] * (t - m) for r, t, m in zip(rows, y.tolist(), mu, strict=True)) for j in range(3)])
        curvature = mpmath.matrix(3, 3)
        for i in range(3):
            for j in range(3):
                curvature[i, j] = sum(r[i] * r[j] * m * (1 - m) for r, m in zip(rows, mu, strict=True))
        step = mpmath.lu_solve(curvature, score)
        assert max(abs(s / v) for s, v in zip(step, found, strict=True)) < 1e-13


def test_classes_that_a_line_separates_do_not_settle() -> None:
    source: Any = read(np.arange(6.0), np.array([0.0, 0, 0, 1, 1, 1]))
    with pytest.raises(fastgd.DataError, match="do not settle"):
        minimise(lambda working: sum_working(source, working), Logistic(), Request())


# A file format, in 18 lines (the design allows 80).


class JsonLines:
    """JSON Lines: 18 lines, and one entry in `READERS`."""

    def __init__(self, path: str, options: Any) -> None:
        self.path = path
        with open(path, encoding="utf-8") as file:
            self.names = list(json.loads(file.readline()))

    def tables(self, choice: Any) -> Iterator[tuple[Any, None]]:
        import pyarrow as pa

        with open(self.path, encoding="utf-8") as file:
            row = 0
            while lines := list(islice(file, 10_000)):
                rows = [json.loads(line) for line in lines]
                frame = pa.table({name: [cells.get(name) for cells in rows] for name in choice.needed})
                yield choice.table(frame, Origin(self.path, line_of=lambda row: row + 1, first_row=row)), None
                row += len(rows)


def test_a_file_format_from_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By names, by a formula with its first look, with weights and holes, to predict from, beside other formats."""
    pd = pytest.importorskip("pandas", reason="needs pandas")
    pytest.importorskip("pyarrow", reason="needs PyArrow")
    monkeypatch.setitem(READERS, ".jsonl", JsonLines)
    rng = np.random.default_rng(6)
    frame = pd.DataFrame({"a": rng.normal(size=25_000), "town": rng.choice(list("BAC"), 25_000), "w": np.arange(25_000) % 3})
    frame["y"] = 2.0 * frame["a"] + (frame["town"] == "B") + rng.normal(size=len(frame))
    path, csv = tmp_path / "rows.JSONL", tmp_path / "rows.csv"
    frame.to_json(path, orient="records", lines=True, double_precision=15)
    frame = pd.read_json(path, orient="records", lines=True, precise_float=True)
    for target, options in (("y", {"features": ["a"], "sample_weight": "w"}), ("y ~ a + town", {})):
        found, wanted = fastgd.fit(path, target, **options), fastgd.fit(frame, target, **options)
        assert found.coef.tobytes() == wanted.coef.tobytes() and found.intercept == wanted.intercept
        assert found.predict(path).tobytes() == found.predict(str(path)).tobytes() == wanted.predict(frame).tobytes()
    frame.to_csv(csv, index=False)
    both = fastgd.fit([path, csv], "y", features=["a"])
    assert both.moments.n_samples == 50_000 and both.slope == pytest.approx(fastgd.fit(frame, "y", features=["a"]).slope)
    path.write_text('{"a": 1, "y": 2}\n{"y": 3}\n{"a": 3, "y": 5}\n')
    assert fastgd.fit(path, missing="drop").slope == 1.5
    with pytest.raises(fastgd.DataError, match=r"^empty cell in line 2 of .*rows\.JSONL, column 'a': every value must be"):
        fastgd.fit(path)
