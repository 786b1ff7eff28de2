"""Text and Parquet files, read piece by piece."""
