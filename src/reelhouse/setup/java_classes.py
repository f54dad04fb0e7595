"""Write jars/classes.jsa, an archive of the Java classes that Spark loads in every command.

Java maps the archive into memory instead of reading, checking and linking some 15,000 classes one
by one (see "Class Data Sharing" in the documentation of `java`). Java ignores an archive that
another Java or other jars have written, and then starts as slowly as without one. An incomplete
archive would crash Java, so an archive is tried before it is put into its place.
"""

import os
import sys

from reelhouse import terminal_step
from reelhouse.paths import JARS, ROOT, VENV
from reelhouse.setup.jars import locked_jars
from reelhouse.setup.java import find_java

ARCHIVE = JARS / "classes.jsa"


def archive_classes() -> None:
    """Run some statements in Spark, and write the classes that they loaded.

    Raises:
        ReelhouseError: Spark does not start, or the archive is incomplete.
    """
    java = find_java()
    with terminal_step.partial_folder(JARS) as folder:
        partial = folder / ARCHIVE.name
        # Relative paths, because Spark splits the options of Java at the blanks of a path.
        paths = [str(path.relative_to(ROOT)) for path in (partial, folder)]
        program = ["-m", "reelhouse.setup.java_classes", *paths]
        terminal_step.run(
            [VENV / "bin" / "python", *program],
            env={**os.environ, "PYSPARK_PYTHON": str(VENV / "bin" / "python")},
        )
        options = (f"-XX:SharedArchiveFile={partial}", f"-XX:ErrorFile={folder}/crash.log")
        terminal_step.run([java, *options, "-XX:-CreateCoredumpOnCrash", "-version"])
        partial.replace(ARCHIVE)


def _use_spark(archive: str, folder: str) -> None:
    """Use Spark, Iceberg, its catalog and Arrow as a build does, until Java has ended."""
    import pyarrow as pa
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    options = {
        "spark.master": "local[2]",
        "spark.ui.enabled": "false",
        # An archive is valid for the class path of profiles/profiles.yml, in the same order.
        "spark.driver.extraClassPath": ":".join(str(jar.path) for jar in locked_jars()),
        "spark.driver.extraJavaOptions": (
            f"-XX:TieredStopAtLevel=1 -XX:+UseParallelGC -XX:ArchiveClassesAtExit={archive}"
        ),
        "spark.sql.extensions": (
            "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions"
        ),
        "spark.sql.catalog.lake": "org.apache.iceberg.spark.SparkCatalog",
        "spark.sql.catalog.lake.type": "jdbc",
        "spark.sql.catalog.lake.uri": f"jdbc:sqlite:{folder}/catalog.db",
        "spark.sql.catalog.lake.jdbc.schema-version": "V1",
        "spark.sql.catalog.lake.warehouse": f"{folder}/warehouse",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
    }
    session = SparkSession.builder.config(map=options).getOrCreate()
    for statement in (
        "create namespace lake.some",
        "create table lake.some.ratings using iceberg as select id, id % 7 as movie_id,"
        " cast(id % 5 as double) as rating, array(id, 2) as ids, current_timestamp() as rated_at"
        " from range(1000)",
        "create view lake.some.rated as select *, row_number() over (partition by movie_id"
        " order by rating desc) as place from lake.some.ratings",
        "create or replace table lake.some.means using iceberg as with m as (select movie_id,"
        " avg(rating) as mean, count(distinct id) as n from lake.some.ratings group by movie_id)"
        " select r.id, m.mean, explode(r.ids) as other from lake.some.rated r join m"
        " using (movie_id) left join lake.some.rated s on s.id = r.id + 1 where r.place <= 10",
        "insert into lake.some.means select * from lake.some.means",
        "describe table extended lake.some.means",
        "show tables in lake.some",
    ):
        session.sql(statement).collect()
    ratings = session.table("lake.some.ratings").cache()
    ratings.mapInArrow(lambda batches: batches, ratings.schema).toArrow()
    session.createDataFrame(pa.table({"id": [1, 2]})).join(ratings, "id").toPandas()
    session.stop()
    # Java writes the archive when its standard input ends.
    java = SparkContext._gateway.proc
    java.stdin.close()
    sys.exit(java.wait())


if __name__ == "__main__":
    _use_spark(*sys.argv[1:])
