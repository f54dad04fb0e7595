"""Reelhouse: recommendations from ratings in a lakehouse, with dbt, Spark and Iceberg."""
