"""Which row of an array holds what, and the sizes that Python shares with the kernels. It imports nothing.

A fit has three arrays with a column for each parameter, the intercept's first, whether there is one or not: `problem`, what
the features decide; `target`, what a target adds; and `run`, what a start and a rate add. A row of one number keeps it in
column 0, a pair (high, low) of one number in columns 0 and 1. Pairs of parameters are two rows, the high parts above the low.
Rows of directions have a direction in each column, the steepest first. The numbers of the rows differ over the three arrays, so
that those of a line can be one array.

Columns are divided by 2^EXPONENT and the target by 2^EXPONENT_Y, exactly, so that mean squares of very large or small data are
about 1: column'' = column / 2^EXPONENT, and theta'' = theta * 2^(EXPONENT - EXPONENT_Y). Eigenvalues are
value * 2^EIGENVALUE_EXPONENT, rates rate / 2^RATE_EXPONENT, RATE_EXPONENT being that of the largest eigenvalue.
"""

# A piece: the sums over some rows of q columns, the target last. An array of PIECE_ROWS rows and 1 + q + q (q + 1) / 2 columns:
# the sum of the weights, the sums of the columns less their shifts, and the sums of their products, of columns i <= j.
HIGH, LOW = 0, 1  # the sums, as pairs
SHIFT = 2  # of each column, at 1 + i; and what is not known of its square, as a share of it, at 1 + q + i: 0 in double-double
POWER = 3  # exponents of the powers of two that the weights, at 0, and the columns, at 1 + i, were divided by
PIECE_ROWS = 4

NOTHING = -4096.0
"""The exponent of a column that is zero throughout a block, whatever it is in others."""

LANES = 128
"""Rows that are summed side by side, which decides the bits. Starting a loop over them costs 5 ns, up to a third of the loop."""

BLOCK = 4096
"""Rows of a block. Adding the lanes up costs 0.1 ns a row at this size."""

# target
MEAN_Y, VAR_Y, EXPONENT_Y = 0, 1, 2  # pairs in one row each
LEAST = 3  # the least objective: without a penalty the least mean squared error
BEST = 4  # a minimum, theta'', a pair
TARGET_ROWS = 6

# run
ASKED_RATE, MAX_ITER, TOLERANCE = 6, 7, 8  # the request: NaN as rate is the best one, as tolerance none
RATE = 9
END, END_OBJECTIVE, END_OBJECTIVE_EXPONENT, END_LEFT, END_ITER, SETTLED = 10, 12, 13, 14, 15, 16  # END: pairs, in units
ASKED, START, LIMIT = 17, 18, 19  # the start in the data's units, and ''; the limit point, theta'', a pair
U, LOG, DISTANCE = 21, 23, 24  # of each direction: 2 rate eigenvalue, a pair; log |1 - U|; from BEST to START, a pair
WORK = 26
WORK_ROWS = 6
RUN_ROWS = WORK + WORK_ROWS

# problem. Up to SCALE as `factor.solve` gives it.
WEIGHT, WEIGHT_EXPONENT = 32, 33  # the sum of the weights, a pair, / 2^exponent
EXPONENT = 34  # of each column
MEAN, SPREAD, SCALE = 35, 37, 39  # means''; mean squares about them, or about 0 without an intercept; roots of SPREAD. Pairs
STANDARDIZED, INTERCEPT, RANK = 41, 42, 43
DIRECTIONS = 44  # RANK, or 0 as long as they are not known
MAX_RATE, BEST_RATE, RATE_EXPONENT = 45, 46, 47
EIGENVALUE, EIGENVALUE_EXPONENT = 48, 50  # of A = H / 2, pairs
VECTORS = 51  # of each direction two rows of parameters, high and low

LINE = 2
"""Parameters of a line."""

LINE_SHAPE = (VECTORS + 2 * LINE, LINE)
"""Of the one array that is problem, target and run of a line: two arguments less to check, in a fit of 4 microseconds."""

DONE, UNSTABLE, TOO_LARGE, UNMET, ENDLESS = 0, 1, 2, 3, 4
"""How a run ended, the worst of them: UNSTABLE for a rate past the limit, TOO_LARGE where float64 cannot hold the end, UNMET for
a tolerance, ENDLESS where it is met after so many iterations that float64 cannot count them."""
