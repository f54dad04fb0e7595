"""Start Spark's Java process and the Spark context."""

from __future__ import annotations

import atexit
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from dbt_common.exceptions import DbtRuntimeError
from pyspark import SparkConf, SparkContext

from dbt_spark_session import death
from dbt_spark_session.errors import spark_message
from dbt_spark_session.patches import wrap_once
from dbt_spark_session.redaction import launch_settings
from dbt_spark_session.scratch import scratch_folder

_OPTIONS = "spark.driver.extraJavaOptions"
_ONE_PROCESS = re.compile(r"local(\[.*\])?")
_TEMP_OPTION = "-Djava.io.tmpdir="
_PATIENCE = 20
"""Seconds for the end of Java before it is killed."""


def start(spark: Mapping[str, str], log: str | None, temp: str | None) -> None:
    """Start Java and Spark with these settings.

    ``log`` is a file for the output of Java, ``temp`` a folder for its temporary files.

    Raises:
        DbtRuntimeError: Java or Spark does not start. The message has the cause and names the log.
    """
    where = f" Spark's own output is in {log}." if log else ""
    gateway = SparkContext._gateway or _launch(launch_settings(spark), log, temp, where)
    death.remember(spark.get(death.MEMORY, "1g"), log)
    try:
        context = SparkContext(conf=_conf(spark), gateway=gateway)
    except Exception as error:
        raise DbtRuntimeError(f"Spark did not start: {spark_message(error)}{where}") from error
    _silence_a_dead_connection(context._accumulatorServer)
    if runs_in_one_process(context):
        _drop_settings_of_yarn(context)


def runs_in_one_process(context: SparkContext) -> bool:
    """Return whether the executor runs in the process of Spark itself, on this machine."""
    return _ONE_PROCESS.fullmatch(context.master) is not None


def stop() -> None:
    """Stop Spark, and wait until Java has removed its temporary files; do nothing without Java."""
    process = getattr(SparkContext._gateway, "proc", None)
    if process is None:
        return
    with suppress(OSError):
        process.stdin.close()  # Java then ends as it does at the end of this process
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _launch(settings: dict[str, str], log: str | None, temp: str | None, where: str) -> Any:
    from pyspark.java_gateway import launch_gateway

    _find_java()
    folder = None
    if temp and _TEMP_OPTION not in settings.get(_OPTIONS, ""):
        folder = scratch_folder(Path(temp))
        option = f"{_TEMP_OPTION}{folder}".replace("\\", "\\\\").replace('"', '\\"')
        settings[_OPTIONS] = f'{settings.get(_OPTIONS, "")} "{option}"'.lstrip()
    with ExitStack() as stack:
        output: dict[str, Any] = {}
        log_start = 0
        if log:
            Path(log).parent.mkdir(parents=True, exist_ok=True)
            file = stack.enter_context(Path(log).open("ab"))
            log_start = file.tell()
            output = {"stdout": file, "stderr": file}
        try:
            gateway = launch_gateway(_conf(settings), popen_kwargs=output)
        except Exception as error:
            raise DbtRuntimeError(
                f"Spark's Java process did not start (java: {_java_version()})."
                f"{where} {_error_in(log, log_start)}".rstrip()
            ) from error
    if folder:
        # At its exit, Java removes its files in the folder, and then the folder.
        gateway.jvm.java.io.File(str(folder)).deleteOnExit()
        atexit.register(_remove_after_death, folder)
    return gateway


def _conf(settings: Mapping[str, str]) -> SparkConf:
    conf = SparkConf()
    for key, value in settings.items():
        conf.set(key, value)
    return conf


def _remove_after_death(folder: Path) -> None:
    if death.has_died():
        shutil.rmtree(folder, ignore_errors=True)


def _drop_settings_of_yarn(context: SparkContext) -> None:
    """Remove the defaults of YARN, which are half of Hadoop's settings.

    Spark copies Hadoop's settings for every statement, and Iceberg sends them with every scan.
    """
    jvm: Any = context._jvm
    # Each of these classes loads all defaults again when it is used first.
    jvm.org.apache.hadoop.mapred.JobConf()
    jvm.org.apache.hadoop.hdfs.HdfsConfiguration.init()
    settings = context._jsc.hadoopConfiguration()
    names = settings.getPropsWithPrefix("yarn.").keySet()
    for name in jvm.java.lang.String.join("\n", names).splitlines():
        settings.unset(f"yarn.{name}")


def _silence_a_dead_connection(server: Any) -> None:
    """Suppress the tracebacks of pyspark's accumulator server after the end of the Java process."""
    wrap_once(
        server,
        "handle_error",
        lambda report, *request: None if death.has_died(sys.exception()) else report(*request),
    )


def _java() -> str | None:
    home = os.environ.get("JAVA_HOME")
    if home:
        return shutil.which(str(Path(home) / "bin" / "java"))
    return shutil.which("java")


def _find_java() -> None:
    if _java() is None:
        home = os.environ.get("JAVA_HOME")
        place = f"in JAVA_HOME ({home})" if home else "on the PATH"
        raise DbtRuntimeError(
            f"Spark needs Java 17 or newer, and there is no java {place}: install a JDK 17+ "
            "(https://adoptium.net, or your system's openjdk-17 package) and set JAVA_HOME."
        )


def _java_version() -> str:
    try:
        result = subprocess.run(
            [_java() or "java", "-version"], capture_output=True, text=True, timeout=20, check=False
        )
        lines = (result.stderr or result.stdout).splitlines()
        # With JAVA_TOOL_OPTIONS, the first line has these options.
        return next(line for line in lines if "version" in line)
    except (OSError, StopIteration, subprocess.TimeoutExpired):
        return "unknown version"


def _error_in(log: str | None, start: int) -> str:
    """Return a sentence with the last line of the log that is not a frame of a stack trace.

    ``start``: length of the log in bytes before Java started.
    """
    if log is None:
        return ""
    written = Path(log).read_bytes()[start:].decode(errors="replace")
    lines = [line.strip() for line in written.splitlines()]
    lines = [line for line in lines if line and not line.startswith("at ")]
    return f"Its last line: {lines[-1]}" if lines else ""
