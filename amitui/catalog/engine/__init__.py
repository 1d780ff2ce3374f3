"""DuckDB over the catalogue: what `amitui sql` runs. Needs the extra `engines`."""
