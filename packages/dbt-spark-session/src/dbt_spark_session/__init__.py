"""dbt plug-in for dbt-spark's ``session`` method: Python models, tables replaced in one step."""

from dbt_spark_session.plugin import SessionPlugin

__version__ = "0.1.0"

plugins = [SessionPlugin]
