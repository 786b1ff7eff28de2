"""The version, which model files and ONNX models carry."""

__version__ = "0.1.0"
