"""What a fit returns, and what can be asked of it.

In: a `Run`. Out: `FitResult` (a run with predictions and doors to reports, plots and files), `Stability`, `Path`, `Inference`.
Numbers come from the problem, the target and the run by name; nothing here reads rows of the kernels' arrays.
"""

from fastgd.result.fit_result import FitResult as FitResult
