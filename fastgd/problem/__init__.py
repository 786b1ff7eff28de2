"""The objective, without any data: what the features decide, and what a target adds.

In: moments, the coordinates to descend in, and a penalty. Out: a `Problem` (scales, directions, limits of the rate) and a
`Target` (the minimum), each a typed view of an array of the kernels. No other package reads rows of these arrays.
"""
