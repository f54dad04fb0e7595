"""The models of the project over temporary views of a Spark session, without dbt."""

import runpy
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import jinja2
import pyarrow as pa
import yaml
from jinja2.nativetypes import NativeEnvironment
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from reelhouse.paths import ROOT
from reelhouse.project import seed_rows


class DbtModels:
    """Views of a Spark session, and the SQL and Python models that read and write them."""

    def __init__(self, spark: SparkSession, variables: Mapping[str, Any]) -> None:
        self.spark = spark
        self.names = {"ref": lambda name: name, "var": variables.__getitem__}
        # dbt too has the tag `do`.
        self.environment = jinja2.Environment(extensions=["jinja2.ext.do"])
        macros = sorted((ROOT / "macros").rglob("*.sql"))
        self.macros = "".join(file.read_text() for file in macros)

    def add(self, name: str, rows: DataFrame | pa.Table | pa.RecordBatchReader) -> None:
        if isinstance(rows, pa.RecordBatchReader):
            rows = rows.read_all()
        if isinstance(rows, pa.Table):
            rows = self.spark.createDataFrame(rows).coalesce(1)
        rows.createOrReplaceTempView(name)

    def sql(self, text: str) -> DataFrame:
        template = self.environment.from_string(self.macros + text)
        return self.spark.sql(template.render(self.names))

    def data_test(self, name: str, **arguments: Any) -> DataFrame:
        """Return the rows for which a generic data test fails."""
        text = (ROOT / "tests" / "data" / "generic" / f"{name}.sql").read_text()
        text = text.replace("{% test ", "{% macro ").replace("{% endtest %}", "{% endmacro %}")
        template = self.environment.from_string(text + f"{{{{ {name}(**arguments) }}}}")
        return self.spark.sql(template.render(arguments=arguments))

    def build(self, *names: str) -> DataFrame:
        """Build models in this order; return the last one."""
        for name in names:
            (file,) = ROOT.glob(f"*models/**/{name}.yml")
            if file.with_suffix(".sql").exists():
                # Collect the rows. The query of a temporary view would be a part of the query of
                # every later model, and Spark did not finish planning the query of the last model.
                result = self.sql(file.with_suffix(".sql").read_text()).toArrow()
            else:
                result = self.run_python(name)
            self.add(name, result)
        return self.spark.table(names[-1])

    def run_python(self, name: str) -> Any:
        """Return what the function of a Python model returns, with the config of its YAML."""
        (file,) = ROOT.glob(f"python_models/**/{name}.yml")
        (described,) = yaml.safe_load(file.read_text())["models"]
        texts = described.get("config", {})
        # Numbers stay numbers, as with dbt.
        environment = NativeEnvironment()
        config = {
            key: environment.from_string(str(text)).render(self.names)
            for key, text in texts.items()
        }
        dbt = SimpleNamespace(ref=self.spark.table, config=config, is_incremental=False)
        return runpy.run_path(str(file.with_suffix(".py")))["model"](dbt, self.spark)

    def seed(self, name: str) -> DataFrame:
        """Return a seed with the column types of its YAML, as dbt loads it."""
        rows = seed_rows(name)
        described = yaml.safe_load((ROOT / "seeds" / f"{name}.yml").read_text())["seeds"][0]
        types = described["config"]["column_types"]
        texts = [tuple(text or None for text in row.values()) for row in rows]
        frame = self.spark.createDataFrame(texts, ", ".join(f"{column} string" for column in types))
        return frame.select(*(F.col(column).cast(type) for column, type in types.items()))

    def errors(self, lists: str) -> dict[str, dict[str, float]]:
        """Return errors by algorithm: RMSE of ``predictions``, and 1 - NDCG@10 of a view of lists.

        A view of several folds has the errors of fold 0.
        """
        rmse = self.sql("""
            select algorithm, sqrt(avg(power(prediction - rating, 2)))
            from predictions where fold = 0 group by algorithm
        """)
        ndcg = self.sql(f"""
            with test_rows as (
                select protocol, fold, user_id, movie_id, is_relevant
                from rating_splits where fold = 0 and split = 'test'
            ), relevant_counts as (
                select protocol, fold, user_id, count_if(is_relevant) as relevant_count
                from test_rows group by protocol, fold, user_id
            ), users as (
                select algorithm,
                    {{{{ ndcg('is_relevant', 'rank', 'max(relevant_count)', 10) }}}} as ndcg
                from {lists} join relevant_counts using (protocol, fold, user_id)
                left join test_rows using (protocol, fold, user_id, movie_id)
                where rank <= 10
                group by algorithm, user_id
            )
            select algorithm, 1 - avg(ndcg) from users group by algorithm
        """)
        return {
            "rmse": dict(map(tuple, rmse.collect())),
            "ndcg": dict(map(tuple, ndcg.collect())),
        }
