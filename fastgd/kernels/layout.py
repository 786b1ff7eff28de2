"""Which row of an array holds what, and the sizes that Python shares with the kernels. It imports nothing."""

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
