"""Results in words: reports and pages."""
