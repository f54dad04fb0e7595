"""The project that test_session_connect builds on a Spark Connect server."""

# Runs commands of dbt in one process; the first word of each is the address of the server.
RUNS = """
import json, os, sys
from dbt.cli.main import dbtRunner

for address, *command in json.loads(sys.argv[1]):
    os.environ["ADDRESS"] = address
    dbtRunner().invoke(command)
    print("\\nNEXT")
"""

SEED = """
id,paid,placed_at,note
1,2.50,2024-01-01T00:00:00+02:00,it's
2,,2024-06-01T12:00:00,
"""

PROJECT = """
name: shop
profile: shop
on-run-start:
  - create schema if not exists {{ target.schema }}_hooked
  - use {{ target.schema }}_hooked
  - create or replace temporary view of_a_hook as select 1 as id
  - set spark.of.a.hook = 1
  # In the session outside of the nodes, which reads the table again at the end.
  - "{{ 'select count(*) from ' ~ target.schema ~ '.merged' if var('run') > 1 }}"
on-run-end:
  - create or replace table {{ target.schema }}.counted using iceberg as
    select count(*) as found from {{ target.schema }}.merged
"""

SCHEMA = """
models:
  - name: contracted
    description: "It's described"
    config: {contract: {enforced: true}, persist_docs: {relation: true, columns: true}}
    columns:
      - {name: id, data_type: int, description: Its id, constraints: [{type: not_null}]}
      - {name: at, data_type: timestamp}
snapshots:
  - name: statuses
    relation: ref('merged')
    config: {unique_key: id, strategy: check, check_cols: [run]}
unit_tests:
  - name: the_notes_are_counted
    model: paid
    given:
      - input: ref('orders')
        rows:
          - {id: 1, paid: 2.5, placed_at: 2024-01-01 00:00:00, note: "a"}
          - {id: 2}
    expect:
      rows:
        - {id: 1, tags: ["a"]}
"""

PAID = """
{{ config(materialized='view') }}
select id, paid, array(note) as tags from {{ ref('orders') }} where paid is not null
"""

MERGED = """
{{ config(materialized='incremental', incremental_strategy='merge', unique_key='id') }}
select id, {{ var('run') }} as run from range({{ var('run') }}, {{ var('run') }} + 2)
"""

CONTRACTED = """
{{ config(materialized='table') }}
select 1 as id, timestamp '2024-01-01 00:00:00' as at
"""

# A node starts with what hooks left, and leaves nothing for other nodes.
HOOKED = """
{{ config(materialized='table', pre_hook=[
    'create temporary view of_{{ this.identifier }} as select 1 as id',
    'set spark.of.a.hook = {{ this.identifier }}',
]) }}
select current_schema() as schema, count(*) as views
from of_a_hook cross join of_{{ this.identifier }}
"""

FINDS = """
def model(dbt, spark):
    dbt.config(materialized="table")
    dbt.ref("hooked")
    found = [name for name in ("of_a_hook", "of_hooked") if spark.catalog.tableExists(name)]
    columns = "found array<string>, hook string"
    return spark.createDataFrame([(found, spark.conf.get("spark.of.a.hook"))], columns)
"""

FROM_PANDAS = """
import pandas as pd

def model(dbt, spark):
    at = pd.Timestamp("2024-01-01 12:00", tz="America/New_York")
    return pd.DataFrame({"id": [1, 2], "text": ["it's", None], "at": [at, None]})
"""

FROM_ARROW = """
import pyarrow as pa

def model(dbt, spark):
    ids = pa.array([1, None], pa.uint64())
    return pa.table({"id": ids, "tags": pa.array([{"k": [1]}, None])})
"""

STREAMED = """
import pyarrow as pa

def batches():
    for id in range(3):
        yield pa.record_batch({"id": [id]})

def model(dbt, spark):
    return pa.RecordBatchReader.from_batches(pa.schema({"id": pa.int64()}), batches())
"""

MAPPED = """
from dataclasses import dataclass

import pyarrow as pa
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

@dataclass
class Offset:
    by: int

OFFSET = Offset(by=100)

def shift(batches):
    for batch in batches:
        yield pa.record_batch({"id": [id.as_py() + OFFSET.by for id in batch["id"]]})

def model(dbt, spark):
    assert SparkSession.builder.getOrCreate() is spark
    half = F.udf(lambda id: id / 2, "double")
    frame = dbt.ref("orders").select(F.col("id").cast("bigint").alias("id"))
    return frame.mapInArrow(shift, "id bigint").withColumn("half", half("id"))
"""

GROWN = """
def model(dbt, spark):
    dbt.config(materialized="incremental", incremental_strategy="merge", unique_key="id")
    start = 0
    if dbt.is_incremental:
        start = spark.table(str(dbt.this)).groupBy().max("id").collect()[0][0]
    return spark.range(start, start + 2).selectExpr("id", f"{start} as start", "null as nothing")
"""

SQL_FAILS = """
{{ config(materialized='table') }}
select cast(raise_error('no rating ' || id) as int) as x from range(1)
"""

PYTHON_FAILS = """

import math

def model(dbt, spark):
    return math.sqrt(-1)
"""

WORKER_FAILS = """
from pyspark.sql.functions import udf

def invert(x):
    return 1 // x

def model(dbt, spark):
    return spark.range(3).select(udf(invert, "int")("id").alias("y"))
"""

NEEDS_JAVA = """
def model(dbt, spark):
    return spark.sparkContext.parallelize([(1,)]).toDF("id int")
"""

ENDS_THE_SERVER = """
import os

def model(dbt, spark):
    os.kill(int(os.environ["SERVER"]), 9)
    return spark.range(3)
"""

FILES = {
    "dbt_project.yml": PROJECT,
    "seeds/orders.csv": SEED.lstrip(),
    "models/schema.yml": SCHEMA,
    "models/paid.sql": PAID,
    "models/merged.sql": MERGED,
    "models/contracted.sql": CONTRACTED,
    "models/hooked.sql": HOOKED,
    "models/finds.py": FINDS,
    "models/from_pandas.py": FROM_PANDAS,
    "models/from_arrow.py": FROM_ARROW,
    "models/streamed.py": STREAMED,
    "models/mapped.py": MAPPED,
    "models/grown.py": GROWN,
    "models/ending/ends_the_server.py": ENDS_THE_SERVER,
    "models/failing/sql_fails.sql": SQL_FAILS,
    "models/failing/python_fails.py": PYTHON_FAILS,
    "models/failing/worker_fails.py": WORKER_FAILS,
    "models/failing/needs_java.py": NEEDS_JAVA,
}
