"""Short error messages from Spark's exceptions, without Java or py4j stack traces."""

from __future__ import annotations

import re
from typing import Any

from py4j.protocol import Py4JNetworkError

from dbt_spark_session import connect
from dbt_spark_session.death import refuse_if_dead

_FRAME = re.compile(r'^\s*File "(?P<path>[^"]+)", line \d+')
_PLAN = re.compile(r"(; line \d+ pos \d+);\n.*", re.DOTALL)
_NOISE = ("/pyspark/", "pyspark.zip", "/py4j/", "<frozen ")


def spark_message(error: BaseException) -> str:
    """Return the message of the innermost Spark error, with its cause from outside Spark, if any.

    Raises:
        JavaDied: Spark's Java process has ended.
    """
    refuse_if_dead(error)
    if isinstance(error, (ConnectionError, Py4JNetworkError)):
        return "Spark's Java process does not answer, though it runs: see its log"
    if connect.lost_server(error):
        return "The Spark Connect server does not answer any more: see its log"
    origin = getattr(error, "_origin", None) or getattr(error, "java_exception", None)
    if origin is None:
        message = _shorten(getattr(error, "_desc", None) or str(error))
        return _with_cause(message, *connect.cause_of(error))
    chain = _causes(origin)
    spark = [message for message, is_spark, _ in chain if is_spark]
    root, _, root_class = chain[-1]
    return _with_cause(spark[-1] if spark else chain[-1][0], root_class, root)


def is_noise(path: str) -> bool:
    """Return whether a file of a traceback belongs to pyspark or py4j."""
    return any(part in path for part in _NOISE)


def _with_cause(message: str, cause_class: str, cause: str) -> str:
    return message if cause in message else f"{message}\n  caused by {cause_class}: {cause}"


def _causes(throwable: Any) -> list[tuple[str, bool, str]]:
    found = []
    seen = 0
    while throwable is not None and seen < 50:
        seen += 1
        text = throwable.getMessage()
        name = throwable.getClass().getName()
        if text:
            found.append((_shorten(str(text)), _is_spark(throwable), name.rsplit(".", 1)[-1]))
        throwable = throwable.getCause()
    return found or [(name, False, name)]


def _is_spark(throwable: Any) -> bool:
    name: str = throwable.getClass().getName()
    return name.startswith("org.apache.spark.") and name != "org.apache.spark.SparkException"


def _shorten(text: str) -> str:
    """Remove Java frames, and frames of pyspark from the traceback of a worker."""
    text = text.split("\n\nJVM stacktrace:")[0].split("\nDriver stacktrace:")[0]
    text = _PLAN.sub(r"\1", text)
    kept: list[str] = []
    skipping = False
    for line in text.splitlines():
        frame = _FRAME.match(line)
        if frame:
            skipping = is_noise(frame["path"])
        elif not line.startswith("    "):
            skipping = False
        if not skipping and not line.startswith("\tat "):
            kept.append(line)
    return "\n".join(kept).strip()
