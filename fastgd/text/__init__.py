"""Results in words: reports and pages, as text and as HTML.

In: a run, its stability, an inference. Out: strings. Nothing is printed, and no text fails for a figure that float64 cannot hold.
"""
