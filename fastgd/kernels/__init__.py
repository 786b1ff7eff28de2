"""Kernels: loops over float64 arrays, compiled by numba.

In come C-contiguous arrays and numbers, all checked; the sums over rows also take strided columns. Results are written into
arrays that the caller owns. Kernels return a status and never raise. What stands where in an array, and the sizes that Python
shares with the kernels, is in `layout`, which can be imported without loading numba; importing another file loads it.
"""
