"""dbt Python models, atomic tables and one shared session for dbt-spark's ``session`` method."""

from dbt_spark_session.plugin import SessionPlugin

__version__ = "0.1.0"

plugins = [SessionPlugin]
