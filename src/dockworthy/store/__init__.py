"""What was the record, and since when? Runs are kept as Parquet, a folder a day, and asked through DuckDB."""
