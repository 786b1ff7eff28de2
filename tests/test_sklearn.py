"""The estimator: scikit-learn's own checks and tests, its tools around it, and rows in any cuts."""

from __future__ import annotations

import inspect
import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fastgd

sklearn = pytest.importorskip("sklearn", "1.6", reason="needs scikit-learn 1.6")

from scipy.sparse import csr_array  # noqa: E402
from sklearn.base import clone  # noqa: E402
from sklearn.compose import TransformedTargetRegressor  # noqa: E402
from sklearn.datasets import load_diabetes  # noqa: E402
from sklearn.exceptions import DataConversionWarning, FitFailedWarning, NotFittedError  # noqa: E402
from sklearn.linear_model.tests import test_base, test_common, test_ridge  # noqa: E402
from sklearn.linear_model.tests.test_ridge import ols_ridge_dataset  # noqa: E402, F401
from sklearn.model_selection import GridSearchCV, cross_val_score  # noqa: E402
from sklearn.multioutput import MultiOutputRegressor  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import PolynomialFeatures, StandardScaler  # noqa: E402
from sklearn.utils.estimator_checks import parametrize_with_checks  # noqa: E402

from fastgd.sklearn import GradientDescentRegressor  # noqa: E402

SEED = 5
X = np.random.default_rng(SEED).normal(3.0, 2.0, (200, 3))
Y = X @ [1.0, -2.0, 0.5] + 4.0 + np.random.default_rng(SEED + 1).normal(size=200)


# scikit-learn's checks, all of them


@parametrize_with_checks(
    [
        GradientDescentRegressor(),
        GradientDescentRegressor(fit_intercept=False),
        GradientDescentRegressor(standardize=True, tol=1e-9),
        GradientDescentRegressor(n_jobs=2),
    ]
)
def test_checks_of_scikit_learn(estimator: Any, check: Callable[[Any], None]) -> None:
    check(estimator)


# scikit-learn's tests of linear models, on ours in the place of theirs


@pytest.fixture
def global_random_seed() -> int:
    return 42


def ours(**settings: Any) -> GradientDescentRegressor:
    """What their tests ask for, without the knobs of their solvers: alpha is 0, and nothing is random."""
    assert settings.pop("alpha", 0) == 0
    for knob in ("tol", "solver", "random_state"):
        settings.pop(knob, None)
    return GradientDescentRegressor(**settings)


@pytest.fixture
def replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(test_base, "LinearRegression", ours)
    monkeypatch.setattr(test_ridge, "LinearRegression", ours)
    monkeypatch.setattr(test_ridge, "Ridge", ours)


THEIRS: list[tuple[Callable[..., None], dict[str, Any]]] = [
    (test_base.test_linear_regression, {}),
    (test_base.test_raises_value_error_if_sample_weights_greater_than_1d, {"n_samples": 2, "n_features": 3}),
    (test_base.test_raises_value_error_if_sample_weights_greater_than_1d, {"n_samples": 3, "n_features": 2}),
    (test_base.test_fit_intercept, {}),
    *(
        (test_base.test_linear_regression_sample_weights, {"sparse_container": None, "fit_intercept": intercept})
        for intercept in (True, False)
    ),
    *(
        (
            test_base.test_linear_regression_sample_weight_consistency,
            {"sparse_container": None, "fit_intercept": intercept, "X_shape": shape},
        )
        for intercept in (True, False)
        for shape in ((10, 5), (10, 20), (100, 100))
    ),
    *(
        (test_common.test_balance_property, {"model": GradientDescentRegressor(), "with_sample_weight": weigh})
        for weigh in (True, False)
    ),
    (test_common.test_linear_model_regressor_coef_shape, {"Regressor": GradientDescentRegressor, "ndim": 1}),
    (test_ridge.test_ridge_vs_lstsq, {}),
]
if hasattr(test_base, "test_linear_regression_vs_lstsq"):  # since 1.8
    THEIRS += [(test_base.test_linear_regression_vs_lstsq, {"dtype": dtype}) for dtype in (np.float64, np.float32)]


@pytest.mark.parametrize(("test", "arguments"), THEIRS, ids=lambda value: getattr(value, "__name__", ""))
def test_of_scikit_learn(
    replaced: None, global_random_seed: int, test: Callable[..., None], arguments: dict[str, Any]
) -> None:
    seed = {"global_random_seed": global_random_seed} if "global_random_seed" in inspect.signature(test).parameters else {}
    test(**arguments, **seed)


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize(
    "test",
    [
        test_ridge.test_ridge_regression_unpenalized,
        test_ridge.test_ridge_regression_unpenalized_hstacked_X,
        test_ridge.test_ridge_regression_unpenalized_vstacked_X,
    ],
)
def test_of_ridge_without_a_penalty(
    replaced: None,
    ols_ridge_dataset: tuple[np.ndarray, ...],  # noqa: F811
    global_random_seed: int,
    test: Callable[..., None],
    fit_intercept: bool,
) -> None:
    n, p = ols_ridge_dataset[0].shape
    if n < p and fit_intercept:
        # There theirs asserts that Ridge misses the solution of least norm, and then marks that as a failure. Ours has it.
        X, y, coef, _ = ols_ridge_dataset
        model = GradientDescentRegressor().fit(X[:, :-1], y)
        assert model.intercept_ == pytest.approx(coef[-1])
        np.testing.assert_allclose(model.coef_, coef[:-1])
    else:
        test(
            solver="svd", fit_intercept=fit_intercept, ols_ridge_dataset=ols_ridge_dataset, global_random_seed=global_random_seed
        )


# rows in any cuts


@given(borders=st.lists(st.integers(0, 200), max_size=8), weigh=st.booleans(), tol=st.sampled_from([None, 1e-3]))
def test_partial_fit_in_any_cuts_has_the_bits_of_fit(borders: list[int], weigh: bool, tol: float | None) -> None:
    cuts = sorted({0, *borders, 200})
    weight = np.arange(200) % 4 + 0.5 if weigh else None
    model = GradientDescentRegressor(tol=tol, standardize=tol is not None)
    for a, b in zip(cuts, cuts[1:], strict=False):
        model.partial_fit(X[a:b], Y[a:b], None if weight is None else weight[a:b])
    whole = clone(model).fit(X, Y, weight)
    assert model.coef_.tobytes() == whole.coef_.tobytes()
    assert (model.intercept_, model.n_iter_) == (whole.intercept_, whole.n_iter_)
    assert model.predict(X).tobytes() == whole.predict(X).tobytes()


def test_partial_fit_over_many_blocks_has_the_bits_of_fit() -> None:
    rng = np.random.default_rng(SEED)
    x = rng.normal(1e6, 1.0, (20_000, 2))
    y = x.sum(axis=1) + rng.normal(size=20_000)
    model = GradientDescentRegressor()
    for start in range(0, 20_000, 777):
        model.partial_fit(x[start : start + 777], y[start : start + 777])
    assert model.coef_.tobytes() == GradientDescentRegressor().fit(x, y).coef_.tobytes()


def test_a_partial_fit_that_fails_leaves_the_model_as_it_was() -> None:
    model = GradientDescentRegressor().partial_fit(X[:100], Y[:100])
    before = model.coef_.copy()
    with pytest.raises(ValueError, match="NaN"):
        model.partial_fit([[1.0, 2.0, np.nan]], [1.0])
    with pytest.raises(ValueError, match="^X has 2 features, but GradientDescentRegressor is expecting 3 features as input"):
        model.partial_fit(X[:, :2], Y)
    assert model.coef_.tobytes() == before.tobytes()
    model.partial_fit(X[100:], Y[100:])
    assert model.coef_.tobytes() == GradientDescentRegressor().fit(X, Y).coef_.tobytes()


def test_fit_begins_anew_and_partial_fit_goes_on_from_there() -> None:
    model = GradientDescentRegressor().partial_fit(X, Y).fit(X[:50], Y[:50])
    assert model.coef_.tobytes() == GradientDescentRegressor().fit(X[:50], Y[:50]).coef_.tobytes()
    model.partial_fit(X[50:], Y[50:])
    assert model.result_.moments.n_samples == 200
    assert model.coef_ == pytest.approx(GradientDescentRegressor().fit(X, Y).coef_, rel=1e-14)


# what is learned, and from what


def test_attributes_are_those_of_the_result() -> None:
    model = GradientDescentRegressor(learning_rate=0.01, max_iter=7).fit(X, Y)
    result = fastgd.fit(X, Y, learning_rate=0.01, max_iter=7)
    assert (model.coef_.tolist(), model.intercept_, model.n_iter_) == (result.coef.tolist(), result.intercept, 7)
    assert model.result_.remaining == result.remaining and not hasattr(model, "feature_names_in_")
    assert model.score(X, Y) == pytest.approx(result.r2, rel=1e-12)


@pytest.mark.parametrize("make", [pd.DataFrame, lambda data: pl.DataFrame(dict(data))])
def test_names_of_a_frame_are_kept(make: Callable[[Any], Any]) -> None:
    frame = make({"a": X[:, 0], "b": X[:, 1], "c": X[:, 2]})
    model = GradientDescentRegressor().fit(frame, pd.Series(Y, name="price"))
    assert model.feature_names_in_.tolist() == ["a", "b", "c"] and model.n_features_in_ == 3
    assert model.result_.feature_names == ("a", "b", "c") and model.result_.moments.target_name == "price"
    assert model.predict(frame).tobytes() == GradientDescentRegressor().fit(X, Y).predict(X).tobytes()
    with pytest.raises(ValueError, match="^The feature names should match those that were passed during fit"):
        model.predict(make({"a": X[:, 0], "c": X[:, 1], "b": X[:, 2]}))


def test_a_bad_cell_of_a_frame_is_named() -> None:
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    frame.loc[5, "b"] = np.nan
    with pytest.raises(fastgd.DataError, match="^missing value in row 5, column 'b': every value must be a finite number"):
        GradientDescentRegressor().fit(frame, Y)


def test_a_number_weighs_all_rows_alike() -> None:
    weighted = GradientDescentRegressor().fit(X, Y, sample_weight=2)
    assert weighted.coef_ == pytest.approx(GradientDescentRegressor().fit(X, Y).coef_, rel=1e-14)
    assert weighted.result_.moments.n_samples == 200


def test_several_targets_are_refused_with_what_to_do() -> None:
    Y2 = np.column_stack([Y, -Y])
    with pytest.raises(
        fastgd.DataError,
        match=r"^y should be a 1d array, and has 2 columns: fit a descent for each, "
        r"MultiOutputRegressor\(GradientDescentRegressor\(\)\)$",
    ):
        GradientDescentRegressor().fit(X, Y2)
    both = MultiOutputRegressor(GradientDescentRegressor()).fit(X, Y2)
    assert both.predict(X)[:, 1] == pytest.approx(-GradientDescentRegressor().fit(X, Y).predict(X), rel=1e-12)
    with pytest.warns(DataConversionWarning):
        GradientDescentRegressor().fit(X, Y[:, np.newaxis])


def test_sparse_input_is_refused_with_the_reason() -> None:
    text = r"^X is sparse \(csr_array\): about their means the columns are dense, so pass X\.toarray\(\)$"
    with pytest.raises(fastgd.DataError, match=text):
        GradientDescentRegressor().fit(csr_array(X), Y)
    with pytest.raises(fastgd.DataError, match=text):
        GradientDescentRegressor().fit(X, Y).predict(csr_array(X))


def test_other_errors() -> None:
    with pytest.raises(NotFittedError, match="This GradientDescentRegressor instance is not fitted yet"):
        GradientDescentRegressor().predict(X)
    with pytest.raises(fastgd.UnstableLearningRateError, match="^learning_rate=9.0 is not stable on these data"):
        GradientDescentRegressor(learning_rate=9.0).fit(X, Y)
    with pytest.raises(ValueError, match="requires y to be passed, but the target y is None"):
        GradientDescentRegressor().fit(X, None)
    run = GradientDescentRegressor(learning_rate=9.0, unstable="run").fit(X, Y)
    assert run.result_.status is fastgd.Status.DIVERGED and np.isfinite(run.predict(X)).all()


def test_without_scikit_learn_the_pip_command_is_named() -> None:
    code = "import sys; sys.modules['sklearn'] = None; import fastgd; fastgd.sklearn"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    wanted = "the estimator needs scikit-learn 1.6 or later, which is not installed: pip install 'fastgd[sklearn]'"
    assert done.stderr.splitlines()[-1] == f"ImportError: {wanted}"


# scikit-learn's tools around it


def test_a_pipeline() -> None:
    line = make_pipeline(StandardScaler(), PolynomialFeatures(2, include_bias=False), GradientDescentRegressor(tol=1e-12))
    data, y = load_diabetes(return_X_y=True)
    other = make_pipeline(StandardScaler(), PolynomialFeatures(2, include_bias=False), test_base.LinearRegression())
    assert line.fit(data, y).score(data, y) == pytest.approx(other.fit(data, y).score(data, y), rel=1e-9)
    named = line.set_output(transform="pandas").fit(data, y)
    assert named[-1].feature_names_in_[:2].tolist() == ["x0", "x1"]


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_grid_of_rates_scores_the_unstable_ones_as_errors(n_jobs: int) -> None:
    rates = [1e-4, 1e-2, "auto", 1e3]
    search = GridSearchCV(GradientDescentRegressor(max_iter=50), {"learning_rate": rates}, cv=3, n_jobs=n_jobs)
    with pytest.warns((FitFailedWarning, UserWarning), match="UnstableLearningRateError|non-finite") as warned:
        search.fit(X, Y)
    assert any("learning_rate=1000.0 is not stable" in str(warning.message) for warning in warned)
    scores = search.cv_results_["mean_test_score"]
    assert np.isnan(scores).tolist() == [False, False, False, True]
    assert search.best_params_ == {"learning_rate": rates[int(np.nanargmax(scores))]}


def test_workers_cross_validation_and_transformed_targets() -> None:
    scores = cross_val_score(GradientDescentRegressor(), X, Y, cv=4, n_jobs=2)
    assert scores.tolist() == cross_val_score(GradientDescentRegressor(), X, Y, cv=4).tolist()
    models = joblib.Parallel(n_jobs=2)(joblib.delayed(GradientDescentRegressor().fit)(X, Y) for _ in range(2))
    assert {model.coef_.tobytes() for model in models} == {GradientDescentRegressor().fit(X, Y).coef_.tobytes()}
    logs = TransformedTargetRegressor(GradientDescentRegressor(), func=np.log1p, inverse_func=np.expm1)
    assert np.isfinite(logs.fit(X, Y - Y.min()).predict(X)).all()


def test_clone_pickle_and_parameters() -> None:
    model = GradientDescentRegressor(learning_rate=0.01, max_iter=9, n_jobs=2).partial_fit(X, Y)
    assert clone(model).get_params() == model.get_params()
    again = pickle.loads(pickle.dumps(model))
    assert again.predict(X).tobytes() == model.predict(X).tobytes()
    assert again.partial_fit(X, Y).coef_.tobytes() == model.partial_fit(X, Y).coef_.tobytes()
    names = set(inspect.signature(fastgd.fit).parameters)
    assert set(model.get_params()) == names & {*model.get_params()}
    assert {name: inspect.signature(fastgd.fit).parameters[name].default for name in model.get_params()} == (
        GradientDescentRegressor().get_params()
    )


def test_weights_are_routed() -> None:
    weight = np.arange(200.0) + 1.0
    with sklearn.config_context(enable_metadata_routing=True):
        model = GradientDescentRegressor().set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        line = make_pipeline(StandardScaler().set_fit_request(sample_weight=False), model).fit(X, Y, sample_weight=weight)
    plain = make_pipeline(StandardScaler(), GradientDescentRegressor()).fit(X, Y, gradientdescentregressor__sample_weight=weight)
    assert line.predict(X).tobytes() == plain.predict(X).tobytes()


# callbacks, of scikit-learn 1.9


@pytest.fixture
def callbacks() -> Any:
    return pytest.importorskip("sklearn.callback", reason="needs scikit-learn 1.9")


class Recorder:
    """Of every task: name, prediction of the first row, number of rows."""

    def __init__(self, stop_at: int | None = None) -> None:
        self.seen: list[tuple[str, float]] = []
        self.begun: list[str] = []
        self.ends = 0
        self.stop_at = stop_at

    def setup(self, estimator: Any, context: Any) -> None:
        self.begun.append("setup")

    def teardown(self, estimator: Any, context: Any) -> None:
        self.begun.append("teardown")

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        self.begun.append(context.task_name)

    def on_fit_task_end(self, estimator: Any, context: Any, *, X: Any, y: Any, fitted_estimator: Any) -> bool:
        self.seen.append((context.task_name, float(fitted_estimator.predict(X[:1])[0])))
        return self.stop_at is not None and fitted_estimator.n_iter_ >= self.stop_at


def test_callbacks_see_the_iterates(callbacks: Any) -> None:
    recorder = Recorder()
    model = GradientDescentRegressor(learning_rate=0.01, max_iter=1000).set_callbacks(recorder).fit(X, Y)
    iterations = model.result_.path().iterations.tolist()
    assert recorder.begun == ["setup", "fit", *(f"up to iteration {k}" for k in iterations), "teardown"]
    assert [name for name, _ in recorder.seen] == [*(f"up to iteration {k}" for k in iterations), "fit"]
    for k, (_, value) in zip(iterations, recorder.seen, strict=False):
        assert value == pytest.approx(fastgd.fit(X, Y, learning_rate=0.01, max_iter=k).predict(X[:1])[0], rel=1e-12)
    assert recorder.seen[-1][1] == model.predict(X[:1])[0]


def test_a_callback_can_stop_the_descent(callbacks: Any) -> None:
    model = GradientDescentRegressor(learning_rate=0.01, max_iter=1000).set_callbacks(Recorder(stop_at=10)).fit(X, Y)
    assert model.n_iter_ >= 10 and model.n_iter_ < 1000
    same = GradientDescentRegressor(learning_rate=0.01, max_iter=model.n_iter_).fit(X, Y)
    assert model.coef_ == pytest.approx(same.coef_, rel=1e-12)


def test_callbacks_end_where_the_fit_fails(callbacks: Any) -> None:
    recorder = Recorder()
    with pytest.raises(fastgd.UnstableLearningRateError):
        GradientDescentRegressor(learning_rate=9.0).set_callbacks(recorder).fit(X, Y)
    assert recorder.begun == ["setup", "fit", "teardown"]


def test_the_callbacks_of_scikit_learn(callbacks: Any, capsys: pytest.CaptureFixture[str]) -> None:
    monitor = callbacks.ScoringMonitor(scoring="r2")
    GradientDescentRegressor(learning_rate=0.01, max_iter=100).set_callbacks(monitor, callbacks.ProgressBar()).fit(X, Y)
    assert len(monitor.get_logs().data_as_pandas) > 10


