"""Moments: sums over rows, which are all that the data have to say about a least squares fit.

What comes in are the validated tables and streams of `fastgd.sources`. What goes out are `Moments`: to the descent, which never
sees a row, and through the public door to users, who collect, add and send them. From the rows upwards:

- `sums`: blocks of 4,096 rows become sums in double-double, by the kernels;
- `segment`: the sums of blocks, added in one fixed binary tree, so that neither cuts nor threads change a bit;
- `details`: what a few moments have beside their sums, such as a formula or weights;
- `content`: all that moments hold, and how rows and other moments are added to it;
- `packing`, `encoding`: the content as bytes and back;
- `moments`: the class `Moments`, the public door to a content;
- `passes`: one pass over a table or a stream, for a fit;
- `wide`: many features by BLAS, with a solution that is refined on the rows;
- `units`: what is said where float64 cannot hold a number in the data's units;
- `threads`, `progress`: what `n_jobs` and `progress` ask for.
"""

from fastgd.moments.moments import Moments as Moments
