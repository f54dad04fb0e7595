"""Start and use the session of profiles/profiles.yml in the given project root."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import yaml
from jinja2 import Template

from dbt_spark_session.parameters import resolve
from dbt_spark_session.session import get_session

root, data = map(Path, sys.argv[1:])
profile = yaml.safe_load((root / "profiles" / "profiles.yml").read_text())
parameters = {
    key: Template(value).render(env_var=os.environ.get)
    for key, value in profile["reelhouse"]["outputs"]["local"]["server_side_parameters"].items()
}
spark = get_session(resolve(parameters, str(root)))
spark.sql("create namespace reelhouse")
spark.read.text(str(data)).createOrReplaceTempView("lines")
spark.sql("create table reelhouse.kept using iceberg as select value from lines")
spark.sql("create or replace table reelhouse.kept using iceberg as select 'x' as value from lines")
print(spark.table("reelhouse.kept").count())
