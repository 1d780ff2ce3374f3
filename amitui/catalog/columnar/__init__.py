"""The catalogue as columns: Parquet files for engines, written with DuckDB."""
