"""A Java process with Iceberg and without Spark, which starts in a second."""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pyspark
from py4j.java_gateway import GatewayParameters, JavaGateway, launch_gateway

from dbt_spark_session.java_catalog import JavaCatalog
from processes import CLASS_PATH

_SPARK_JARS = Path(pyspark.__file__).parent / "jars"


class BareJava(NamedTuple):
    """A Java process, which ends with the process that has started it."""

    gateway: JavaGateway
    process: subprocess.Popen[bytes]

    def catalog(self, name: str, settings: Mapping[str, str]) -> JavaCatalog:
        """Return an Iceberg JDBC catalog, as ``catalog_of_session`` does with Spark."""
        jvm: Any = self.gateway.jvm
        return JavaCatalog(jvm, name, settings, jvm.org.apache.hadoop.conf.Configuration())

    def end(self) -> None:
        """End the process."""
        self.gateway.close()
        self.process.kill()
        self.process.wait()


def start_java(*options: str) -> BareJava:
    """Start the process with more options for Java."""
    # py4j would log an error for each object that outlives the process.
    logging.getLogger("py4j").setLevel(logging.CRITICAL + 1)
    port, process = launch_gateway(
        jarpath=str(next(_SPARK_JARS.glob("py4j-*.jar"))),
        classpath=f"{CLASS_PATH}:{_SPARK_JARS}/*",
        javaopts=["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", *options],
        die_on_exit=True,
        return_proc=True,
    )
    return BareJava(JavaGateway(gateway_parameters=GatewayParameters(port=port)), process)


@contextmanager
def bare_java() -> Iterator[BareJava]:
    """Run the process until the end of the block."""
    java = start_java()
    try:
        yield java
    finally:
        java.end()
