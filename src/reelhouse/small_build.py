"""`python -m reelhouse.small_build FOLDER`: the first models, and a Java that ends before we do."""

import sys

from dbt.cli.main import dbtRunner
from pyspark import SparkContext

folder = sys.argv[1]
where = ["--target-path", f"{folder}/target", "--log-path", f"{folder}/logs"]
result = dbtRunner().invoke(["run", "--select", "+movies", *where])
gateway = SparkContext._gateway
if gateway is not None:
    gateway.proc.stdin.close()  # what Java waits for before it dumps its classes
    gateway.proc.wait()
sys.exit(not result.success)
