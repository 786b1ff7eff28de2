"""Hypothesis: the same examples in every run, so that a failure is of the change under test; `fuzz` draws new ones."""

from hypothesis import settings

settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("fuzz", deadline=None, max_examples=2000)
settings.load_profile("same")
