"""Results in files.

In: a run. Out: model files (JSON that people can read, from which a fit is computed again), ONNX models, and a way to write
any file all at once. Nothing in a file is executed when it is read.
"""
