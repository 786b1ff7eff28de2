"""What a fit returns, with its doors to reports, plots and files, which import what they open when they are called."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Literal

from numpy.typing import NDArray

from fastgd import arguments
from fastgd.errors import DataError
from fastgd.result.fitted import Fitted
from fastgd.sources import Collection, Table, read
from fastgd.sources.table import EMPTY

if TYPE_CHECKING:
    from onnx import ModelProto


class FitResult(Fitted):
    """The iterate that the descent reached, and what can be said about it. Attributes cannot be set.

    Examples
    --------
    >>> import fastgd
    >>> result = fastgd.fit([1, 2, 3, 4], [2, 4, 5, 8], learning_rate=0.05, max_iter=100)
    >>> result.n_iter, round(result.slope, 4), round(result.remaining, 4)
    (100, 1.8564, 0.0713)
    >>> round(float(result.optimum.coef[0]), 4), round(float(result.predict([5])[0]), 3)
    (1.9, 9.41)
    """

    __slots__ = ()

    def to_frame(self, level: float = 0.95, backend: Literal["pandas", "polars", "pyarrow"] | None = None) -> Any:
        """The coefficients of `inference` as a frame: term, coef, standard_error, t, p_value, lower, upper.

        Parameters
        ----------
        level : float
            Of the confidence intervals, between 0 and 1.
        backend : {"pandas", "polars", "pyarrow"}, optional
            The library of the frame. By default the one that the data came from; where they came from none of the three, the
            first one that is installed.

        Returns
        -------
        pandas.DataFrame, polars.DataFrame or pyarrow.Table

        Raises
        ------
        DataError
            Where there are no standard errors.
        ImportError
            Without SciPy, or the library.

        Examples
        --------
        >>> import fastgd, pandas as pd
        >>> frame = pd.DataFrame({"hours": [1, 2, 3, 4], "score": [2, 4, 5, 8]})
        >>> print(fastgd.fit(frame, "score").to_frame().round(3))
                term  coef  standard_error      t  p_value  lower  upper
        0  intercept   0.0           0.725  0.000    1.000 -3.118  3.118
        1      hours   1.9           0.265  7.181    0.019  0.762  3.038
        """
        return self.inference(level).to_frame(backend)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write this fit to a file that `fastgd.load` reads: JSON, about 1 kB for one feature and 4 kB for ten, without any rows.

        An existing file is replaced only once the new one is complete on disk: whatever fails, one of the two is complete.

        Parameters
        ----------
        path : str or os.PathLike

        Raises
        ------
        DataError
            If the file cannot be written; an existing file is then unchanged.

        Examples
        --------
        >>> import fastgd, os, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = os.path.join(folder, "model.json")
        ...     fastgd.fit([1, 2, 3, 4], [2, 4, 5, 8]).save(file)
        ...     fastgd.load(file)
        <FitResult: y = 0 + 1.9 * x, converged>
        """
        from fastgd.store import model

        model.write(self, path)

    def to_onnx(self) -> ModelProto:
        """This fit as an ONNX model, for servers, browsers and languages without Python.

        The graph takes `X`, double of shape (N, p), and gives `y`, double of shape (N,), by standard operations in the order of
        `predict`: on onnxruntime the results are bit for bit identical; on a runtime that adds in another order they agree to
        about p units in the last place of the largest term. NaN and infinity, which `predict` refuses, give NaN or infinity. The
        names of the features, in their order, and of the target are in the model's metadata, as JSON.

        Returns
        -------
        onnx.ModelProto
            `onnx.save(model, path)` writes it, `model.SerializeToString()` gives bytes. Runtimes since 2020 read it (opset 13).

        Raises
        ------
        DataError
            After a fit by a formula, whose columns are made by Python code.
        ImportError
            Without onnx.

        Examples
        --------
        >>> import fastgd
        >>> model = fastgd.fit([[1, 2], [2, 1], [3, 5]], [3, 4, 9]).to_onnx()
        >>> [node.op_type for node in model.graph.node]
        ['Mul', 'Split', 'Sum', 'Squeeze']
        """
        from fastgd.store import onnx

        return onnx.model(self, self._plane)

    def summary(self, level: float = 0.95) -> str:
        """The fit as a page of text: coefficients with standard error, t, p and interval; goodness of fit; the descent.

        The statistics are those of `inference` and refer to the least squares solution; where the descent ended elsewhere, its
        coefficients are shown alongside. Where there are no standard errors, the page says why and shows the rest.

        Parameters
        ----------
        level : float
            Of the confidence intervals, between 0 and 1.

        Returns
        -------
        str

        Examples
        --------
        >>> import fastgd
        >>> text = fastgd.fit([1, 2, 3, 4], [2, 4, 5, 8], learning_rate=0.1, max_iter=9).summary()
        >>> print(text.partition("status")[0].rstrip())
        y on x, 4 rows
        <BLANKLINE>
        The descent stopped with 24.6 % of the distance still to go. The least squares solution is shown
        alongside; the statistics refer to it.
        <BLANKLINE>
                       descent  optimum  std error        t      p  95 % from       to
        intercept  0.456365807        0   0.724569        0  1.000   -3.11757  3.11757
        x           1.79651474      1.9   0.264575  7.18132  0.019   0.761625  3.03837
        <BLANKLINE>
        residual sd     0.591608 on 2 degrees of freedom
        R squared       0.962666667, adjusted 0.944, r 0.981156
        F               51.5714 on 1 and 2 degrees of freedom, p 0.019
        log-likelihood  -2.1898155, AIC 8.379631, BIC 7.1522198
        condition of X  7.46874
        """
        from fastgd.text import page

        return page.of_run(self, self.stability, arguments.level(level)).text()

    def _repr_html_(self) -> str:
        """What a notebook shows: the page of `summary`."""
        from fastgd.text import page

        return page.of_run(self, self.stability, 0.95).html()

    def explain(self) -> str:
        """In plain words: whether the rate is stable, how far the run got, what it would take, and what scaling would change.

        Returns
        -------
        str
            One line for each paragraph.

        Examples
        --------
        >>> import fastgd
        >>> print(fastgd.fit([1, 2, 3, 4], [2, 4, 5, 8], learning_rate=0.1, max_iter=9).explain().splitlines()[2])
        To come within a millionth of the distance takes 418 iterations at this rate, and at most 386 at the best.
        """
        from fastgd.text import report

        return report.explain(self, self.stability)

    def plot(self, X: Any = None, y: Any = None) -> NDArray[Any]:
        """The most informative plots of this fit, on a new matplotlib figure that is not shown yet.

        With one feature: the line, the error curve, and the path on the error surface, as in the data and standardised. With
        several: the error curve and the distance left along each direction, and with points the predictions and the residuals.
        `fastgd.plot` has each of them and more, to draw on your own axes.

        Parameters
        ----------
        X, y : optional
            Points to show, in the data's units, as a result holds only their moments. Arrays of shape (n,) or (n, p) and (n,); or
            a frame, the path of a file or a pattern of several as X, and as y the name of its target (by default that of the
            fit) or the formula that was fitted. Files are read in pieces.

        Returns
        -------
        ndarray of matplotlib.axes.Axes, shape (2, 2), or with several features and no points (1, 2)
            As pandas gives for subplots; `axes[0, 0].figure` is the figure.

        Raises
        ------
        DataError
            For points that cannot be shown.
        ImportError
            Without matplotlib.
        """
        from fastgd import plot

        return plot.page(self, X, y)

    def animate(self, path: str | os.PathLike[str], X: Any = None, y: Any = None) -> None:
        """Write an animation of the descent: the line, beside it the path on the error surface, and the error curve.

        The iterations are evenly spaced on a logarithmic scale, to show both the first steps and the slow part.

        Parameters
        ----------
        path : str or os.PathLike
            File to write: .gif, or with ffmpeg installed .mp4.
        X, y : optional
            Points to show with the line of a fit with one feature, as `plot` takes them.

        Raises
        ------
        DataError
            For another kind of file or one that cannot be written, and for points that cannot be shown.
        ImportError
            Without matplotlib or Pillow.
        """
        from fastgd import plot

        plot.animate(self, path, X, y)

    def explore(
        self,
        path: str | os.PathLike[str],
        data: Any = None,
        target: Any = None,
        *,
        features: Any = None,
        sample_weight: Any = None,
        missing: str = "raise",
    ) -> None:
        """Write an interactive page, one HTML file that needs no network, in which points, line, rate and iteration can be moved.

        With several features it shows the coefficients by iteration.

        Parameters
        ----------
        path : str or os.PathLike
            HTML file to write; an existing one is replaced.
        data, target, features, sample_weight, missing
            What was given to `fit`, to show the points, as a result holds only their moments. Of more than 1000 rows a sample is
            drawn. Not read for several features.

        Raises
        ------
        DataError
            For rows that are not those of the fit, numbers that the page cannot show, a file that cannot be written, and as `fit`
            for data that cannot be used.
        ImportError
            Without bokeh.

        Examples
        --------
        >>> import fastgd, os, tempfile
        >>> x, y = [1, 2, 3, 4], [2, 4, 5, 8]
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = os.path.join(folder, "page.html")
        ...     fastgd.fit(x, y).explore(file, x, y)
        ...     os.path.getsize(file) < 2_000_000
        True
        """
        from fastgd import explorer
        from fastgd.store.writing import replace

        rows = None
        if data is not None and len(self.feature_names) == 1:
            source = read(data, target, features, sample_weight, missing)
            if isinstance(source, Collection):
                raise DataError("the data are a Dask collection: pass rows in memory or files to explore, or no data")
            rows = (_rows_of(table) for table in ([source] if isinstance(source, Table) else source))
        replace(path, explorer.page(self, rows), "the page")

    def __repr__(self) -> str:
        from fastgd.text.words import equation

        short = f", rank {self.rank} of {len(self.start)}" if self.rank < len(self.start) else ""
        right = equation(self.intercept if self.fit_intercept else None, self.coef.tolist(), self.feature_names)
        return f"<FitResult: {self._moments.target_name} = {right}, {self.status.name.lower()}{short}>"


def _rows_of(table: Table) -> tuple[NDArray[Any], ...]:
    """x, y and, if there are any, weights."""
    x, y = (table.X[:, :-1], table.X[:, -1]) if table.y is EMPTY else (table.X, table.y)
    return (x, y) if table.weight is EMPTY else (x, y, table.weight)
