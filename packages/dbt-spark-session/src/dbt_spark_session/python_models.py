"""Run a dbt Python model in the Spark session of the build."""

from __future__ import annotations

import json
import sys
import traceback
import types
import uuid
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import PackageNotFoundError, files, version
from pathlib import Path
from typing import Any

import pyarrow as pa
from dbt.adapters.base import PythonJobHelper
from dbt_common.exceptions import DbtRuntimeError
from packaging.requirements import InvalidRequirement, Requirement
from pyspark.cloudpickle import register_pickle_by_value, unregister_pickle_by_value
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame

from dbt_spark_session.connection import spark_errors
from dbt_spark_session.death import refuse_if_dead
from dbt_spark_session.errors import is_noise, spark_message
from dbt_spark_session.frames import to_spark, writable
from dbt_spark_session.names import quote
from dbt_spark_session.session import get_session

WRITE = "_dbt_spark_session_write"


class SessionJobHelper(PythonJobHelper):  # type: ignore[misc]
    """Run the compiled code of a model as a module, and write the frame that it returns."""

    def __init__(self, parsed_model: dict[str, Any], credentials: Any, root: str) -> None:
        """Store the model and its session; ``root`` is the folder of the model's project."""
        self.model = parsed_model
        self.path: Path = Path(root) / parsed_model["original_file_path"]
        self.spark = get_session(credentials.server_side_parameters)
        self._catalog: str = self.spark.catalog.currentCatalog()

    def submit(self, compiled_code: str) -> None:
        """Run the model and write its result.

        Raises:
            DbtRuntimeError: The model failed. The message has the exception and the traceback from
                the file of the model on.
        """
        require_packages(self.model["config"].get("packages") or [])
        name = f"dbt_model_{self.model['alias']}_{uuid.uuid4().hex[:12]}"
        module = types.ModuleType(name)
        module.__file__ = str(self.path)
        module.__dict__["spark"] = self.spark
        # Dataclasses and others look up their module here.
        sys.modules[name] = module
        # Python workers cannot import this module, so its functions are pickled by value.
        register_pickle_by_value(module)
        try:
            frame = self._run(module, compiled_code)
            self._write(frame, json.loads(module.__dict__[WRITE]))
        finally:
            unregister_pickle_by_value(module)
            del sys.modules[name]

    def _run(self, module: types.ModuleType, code: str) -> DataFrame:
        try:
            source = self._lead() + code.lstrip()
            # Otherwise, the model would inherit the future imports of this module.
            compiled = compile(source, str(self.path), "exec", dont_inherit=True)
            exec(compiled, module.__dict__)
            dbt = module.__dict__["dbtObj"](self._load)
            result = module.__dict__["model"](dbt, self.spark)
        except (Exception, SystemExit) as error:
            raise DbtRuntimeError(self._explain(error)) from error
        if isinstance(result, pa.RecordBatchReader):
            result = pa.RecordBatchReader.from_batches(result.schema, self._batches(result))
        with spark_errors():
            return to_spark(result, self.spark)

    def _batches(self, reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
        """Read the batches, which the model may compute meanwhile."""
        try:
            yield from reader
        except (Exception, SystemExit) as error:
            raise DbtRuntimeError(self._explain(error)) from error

    def _load(self, relation: str) -> DataFrame:
        # With `--empty` and `--sample`, dbt makes a subquery of a source.
        if relation.startswith("("):
            return self.spark.sql(f"select * from {relation}")
        return self.spark.table(relation)

    def _lead(self) -> str:
        """Return the blank lines at the start of the file, which dbt strips."""
        try:
            text = self.path.read_text(encoding="utf-8")
        except OSError:
            return ""
        return "\n" * text[: len(text) - len(text.lstrip())].count("\n")

    def _write(self, frame: DataFrame, write: dict[str, str]) -> None:
        view = quote(write["view"] or f"dbt_session_{uuid.uuid4().hex}")
        with spark_errors():
            frame = writable(frame, write["file_format"])
            if not write["statement"]:
                # The statements of an incremental model read the frame more than once, and in Spark
                # 4.1 a merge from a DataFrame over an Iceberg table fails with "No plan for
                # TableReference".
                frame = frame.localCheckpoint(eager=True)
            frame.createOrReplaceTempView(view)
            # The model may have changed it; dbt names a table by its schema only.
            if self.spark.catalog.currentCatalog() != self._catalog:
                self.spark.catalog.setCurrentCatalog(self._catalog)
            if write["statement"]:
                self.spark.sql(write["statement"].replace(write["placeholder"], view))

    def _explain(self, error: BaseException) -> str:
        refuse_if_dead(error)
        if getattr(error, "is_message", False):
            return f"Python model {self.model['name']} failed\n{error}"
        frames = traceback.extract_tb(error.__traceback__)
        own = [index for index, frame in enumerate(frames) if frame.filename == str(self.path)]
        shown = frames[own[0] :] if own else []
        if isinstance(error, PySparkException) or hasattr(error, "java_exception"):
            # The frames after those of the model are pyspark's.
            shown = [frame for frame in shown if not is_noise(frame.filename)]
            last = f"{type(error).__name__}: {spark_message(error)}"
        else:
            last = "".join(traceback.format_exception_only(error)).rstrip()
        lines = [
            f"Python model {self.model['name']} failed",
            *(line.rstrip() for line in traceback.format_list(shown)),
            last,
        ]
        return "\n".join(lines)


def require_packages(packages: list[str]) -> None:
    """Check that the distributions in a model's ``packages`` config are installed.

    Raises:
        DbtRuntimeError: A distribution is missing or has another version. The message has the
            command to install it.
    """
    for text in packages:
        try:
            requirement = Requirement(text)
        except InvalidRequirement as error:
            raise DbtRuntimeError(f"'{text}' in the model's packages: {error}") from error
        if requirement.marker is not None and not requirement.marker.evaluate():
            continue
        problem = _missing(requirement)
        if problem:
            raise DbtRuntimeError(
                f"The model's packages config names '{text}', {problem}. Install it where dbt "
                f"runs: python -m pip install '{text}'"
            )


def _missing(requirement: Requirement) -> str | None:
    try:
        import_module(_module_of(requirement.name))
        if requirement.specifier:
            installed = version(requirement.name)
            if not requirement.specifier.contains(installed, prereleases=True):
                return f"but {installed} is installed"
    except ImportError as error:
        return f"which cannot be imported ({error})"
    return None


def _module_of(package: str) -> str:
    """Return the name of a module that the distribution installs; by default, its own name."""
    try:
        sources = [file for file in files(package) or [] if file.suffix == ".py"]
    except PackageNotFoundError:
        sources = []
    names = {source.parts[0].removesuffix(".py") for source in sources}
    modules = [name for name in names if name.isidentifier() and not name.startswith("_")]
    return min(modules, default=package.replace("-", "_"))
