"""Models and properties of the project that test_session_builds builds."""

# The blank lines at the start test line numbers in tracebacks, since dbt strips them.
FAILS = """

import math

def halve(x):
    return math.sqrt(-x)

def model(dbt, spark):
    return halve(2)
"""

WORKER_FAILS = """
from pyspark.sql.functions import udf

def invert(x):
    return 1 // x

def model(dbt, spark):
    dbt.config(packages=["pandas>=1"])
    return spark.range(3).select(udf(invert, "int")("id").alias("y"))
"""

DATACLASS = """
from dataclasses import dataclass
from typing import Iterator

import pandas as pd

@dataclass
class Offset:
    by: int

OFFSET = Offset(by=100)

def shift(batches):
    by = OFFSET.by if Offset.__annotations__ == {"by": int} else "no future imports"
    for batch in batches:
        yield pd.DataFrame({"id": batch["id"] + by})

def model(dbt, session):
    session.range(3).cache().createOrReplaceTempView("in_the_model")
    return session.sql("select * from in_the_model").mapInPandas(shift, "id bigint")
"""

REFUSES = """
class Refusal(Exception):
    is_message = True


def model(dbt, spark):
    if spark:
        raise Refusal("ratings.csv is empty: name another")
    return spark
"""

REFUSES_LATER = """
import pyarrow as pa


class Refusal(Exception):
    is_message = True


def batches():
    yield pa.record_batch({"id": [1]})
    raise Refusal("line 2 of ratings.csv is no rating")


def model(dbt, spark):
    return pa.RecordBatchReader.from_batches(pa.schema({"id": pa.int64()}), batches())
"""

NOTHING = """
def model(dbt, spark):
    nothing = None
    return nothing
"""

APPENDED = """
def model(dbt, spark):
    dbt.config(materialized="incremental")
    if dbt.is_incremental:
        latest = spark.table(str(dbt.this)).groupBy().max("id").collect()[0][0]
        return dbt.ref("numbers").filter(f"id > {latest}").limit(1)
    return dbt.ref("numbers").filter("id = 0")
"""

OVERWRITTEN = """
def model(dbt, spark):
    dbt.config(
        materialized="incremental", incremental_strategy="insert_overwrite", partition_by="part"
    )
    frame = spark.createDataFrame([(1, "old"), (2, "old")], "part int, state string")
    if dbt.is_incremental:
        frame = spark.createDataFrame([(2, "new")], "part int, state string")
    return frame
"""

FROM_SOURCE = """
def model(dbt, spark):
    dbt.ref("numbers")
    return dbt.source("lake", "numbers")
"""

MERGED = """
{{ config(materialized='incremental', incremental_strategy='merge', unique_key='id') }}
select id, {{ 1 if is_incremental() else 0 }} as run from {{ ref('numbers') }}
"""

CONTRACTED = "select 1 as id, 'it''s' as text from {{ ref('with_dataclass') }} limit 1"

PROPERTIES = r"""
sources:
  - {name: lake, schema: "{{ target.schema }}", tables: [{name: numbers}]}
models:
  - name: contracted
    description: 'A table, with a quote '' and a backslash \d'
    config: {contract: {enforced: true}}
    columns:
      - {name: id, data_type: int, description: 'An id: it''s \d+'}
      - {name: text, data_type: string, description: 'Its "text"'}
"""
