"""Running a dbt Python model in the session of the build."""

from __future__ import annotations

import json
import sys
import traceback
import types
import uuid
from importlib import import_module
from importlib.metadata import packages_distributions, version
from pathlib import Path
from typing import Any

from dbt.adapters.base import PythonJobHelper
from dbt_common.exceptions import DbtRuntimeError
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from pyspark.cloudpickle import register_pickle_by_value, unregister_pickle_by_value
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame

from dbt_spark_session.cleanup import drop_view_after_model, recording
from dbt_spark_session.connection import spark_errors
from dbt_spark_session.death import refuse_if_dead
from dbt_spark_session.errors import is_noise, spark_message
from dbt_spark_session.frames import to_spark
from dbt_spark_session.session import get_session

WRITE = "_dbt_spark_session_write"


class SessionJobHelper(PythonJobHelper):  # type: ignore[misc]
    """Runs a model's compiled code as a module and writes the frame that it returns."""

    def __init__(self, parsed_model: dict[str, Any], credentials: Any, root: str) -> None:
        """Prepare a model whose project is at ``root``."""
        self.model = parsed_model
        self.path: Path = Path(root) / parsed_model["original_file_path"]
        self.spark = get_session(credentials.server_side_parameters)

    def submit(self, compiled_code: str) -> None:
        """Run the model and write its result.

        Raises:
            DbtRuntimeError: with the exception and the traceback from the model's file on.
        """
        require_packages(self.model["config"].get("packages") or [])
        name = f"dbt_model_{self.model['alias']}_{uuid.uuid4().hex[:12]}"
        module = types.ModuleType(name)
        module.__file__ = str(self.path)
        module.__dict__["spark"] = self.spark
        # Dataclasses, among others, look their module up here.
        sys.modules[name] = module
        # Python workers cannot import this module: what it defines travels by value.
        register_pickle_by_value(module)
        try:
            with recording():
                frame = self._run(module, compiled_code)
            self._write(frame, json.loads(module.__dict__[WRITE]))
        finally:
            unregister_pickle_by_value(module)
            del sys.modules[name]

    def _run(self, module: types.ModuleType, code: str) -> DataFrame:
        try:
            exec(compile(self._lead() + code.lstrip(), str(self.path), "exec"), module.__dict__)
            dbt = module.__dict__["dbtObj"](self.spark.table)
            result = module.__dict__["model"](dbt, self.spark)
        except (Exception, SystemExit) as error:
            raise DbtRuntimeError(self._explain(error)) from error
        return to_spark(result, self.spark)

    def _lead(self) -> str:
        """Return the blank lines at the start of the file: dbt strips them, and adds its own."""
        try:
            text = self.path.read_text(encoding="utf-8")
        except OSError:
            return ""
        return "\n" * text[: len(text) - len(text.lstrip())].count("\n")

    def _write(self, frame: DataFrame, write: dict[str, str]) -> None:
        view = write["view"] or f"dbt_session_{uuid.uuid4().hex}"
        with spark_errors():
            if not write["statement"]:
                # The statements of an incremental model read it more than once, and Spark 4.1 has
                # "No plan for TableReference" for a merge from a DataFrame over an Iceberg table.
                frame = frame.localCheckpoint(eager=True)
            frame.createOrReplaceTempView(view)
            drop_view_after_model(self.spark, view)
            if write["statement"]:
                self.spark.sql(write["statement"].replace(write["placeholder"], f"`{view}`"))

    def _explain(self, error: BaseException) -> str:
        refuse_if_dead(error)
        if getattr(error, "is_message", False):
            return f"Python model {self.model['name']} failed\n{error}"
        frames = traceback.extract_tb(error.__traceback__)
        own = [index for index, frame in enumerate(frames) if frame.filename == str(self.path)]
        shown = frames[own[0] :] if own else []
        if isinstance(error, PySparkException) or hasattr(error, "java_exception"):
            # Past the model these are pyspark's own frames.
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
    """Check the ``packages`` config of a model: distributions, with or without a version.

    Raises:
        DbtRuntimeError: one is missing, or of another version; says how to install it.
    """
    for text in packages:
        try:
            requirement = Requirement(text)
        except InvalidRequirement as error:
            raise DbtRuntimeError(f"'{text}' in the model's packages: {error}") from error
        problem = _missing(requirement)
        if problem:
            raise DbtRuntimeError(
                f"The model's packages config names '{text}', {problem}. Install it where dbt "
                f"runs: python -m pip install '{text}'"
            )


def _missing(requirement: Requirement) -> str | None:
    wanted = canonicalize_name(requirement.name)
    modules = [
        module
        for module, distributions in packages_distributions().items()
        if wanted in map(canonicalize_name, distributions) and not module.startswith("_")
    ]
    try:
        import_module(min(modules, default=requirement.name.replace("-", "_")))
        if requirement.specifier and version(requirement.name) not in requirement.specifier:
            return f"but {version(requirement.name)} is installed"
    except ImportError as error:
        return f"which cannot be imported ({error})"
    return None
