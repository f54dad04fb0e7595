"""Read the tables of a lake with DuckDB, without Spark, and print query results."""
