"""The package's own keys of the profile's ``server_side_parameters``, and settings for Spark."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dbt_common.exceptions import DbtRuntimeError

from dbt_spark_session.connect import ENVIRONMENT, REMOTE
from dbt_spark_session.lake import lake_settings, published_settings
from dbt_spark_session.packages import PACKAGES

ANSI = "dbt.session.ansi"
LAKE = "dbt.session.lake"
LOCK = "dbt.session.lock"
LOG = "dbt.session.log"
TEMP = "dbt.session.temp"
PUBLISH = "dbt.session.publish"
OWN = (LAKE, LOG, LOCK, ANSI, TEMP, PUBLISH, PACKAGES)
_OF_STARTED_SPARK = (LAKE, LOG, TEMP, PACKAGES, "spark.master")
"""Parameters of a Spark that dbt starts, which do not fit a Spark Connect server."""

_WAREHOUSE = re.compile(r"spark\.sql\.catalog\.[^.]+\.warehouse")
_TYPES_WITH_FOLDERS = ("hive", "hadoop", "jdbc")
"""Types of Iceberg's catalogs whose warehouse is a folder; the first is the default."""
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
"""Start of an address, such as s3: or file:, but not a drive of Windows."""


def resolve(parameters: Mapping[str, Any], project_root: str) -> dict[str, str]:
    """Replace ``$PROJECT_ROOT`` and ``$PROJECT_URI`` in every value, and add a lake's settings.

    ``$PROJECT_URI`` is the project's folder as a ``file:`` URI. Its blanks, commas and quotes are
    escaped, since Spark splits lists of files at commas and Java's options at blanks. Settings of
    Spark without a value are left out, so that an environment variable may be empty. If the lake
    has such a setting, it is left out too.

    Raises:
        DbtRuntimeError: A ``dbt.session`` parameter is unknown, a lake or a warehouse is a relative
            path, there is no Iceberg for this Spark, or a parameter does not fit Spark Connect.
    """
    root = Path(project_root).resolve()
    for key in parameters:
        if key.startswith("dbt.session.") and key not in OWN:
            raise DbtRuntimeError(
                f"Unknown parameter '{key}' in server_side_parameters: known are {', '.join(OWN)}"
            )
    resolved = {
        key: str(value).replace("$PROJECT_ROOT", str(root)).replace("$PROJECT_URI", root.as_uri())
        for key, value in parameters.items()
    }
    _refuse_relative(resolved, LAKE)
    settings = {
        key: value
        for key, value in _add_lake(_add_remote(resolved), root).items()
        if value != "" or not key.startswith("spark.")
    }
    for key, value in settings.items():
        if _is_folder(key, settings) and not _SCHEME.match(value):
            _refuse_relative(settings, key)
    return _add_published(settings)


def _is_folder(key: str, settings: Mapping[str, str]) -> bool:
    """Return whether a setting is the folder of a catalog's tables.

    A catalog of another type has a service, which may give its warehouse any name.
    """
    catalog = key.removesuffix(".warehouse")
    kind = settings.get(f"{catalog}.type", "hive").lower()
    return (
        _WAREHOUSE.fullmatch(key) is not None
        and kind in _TYPES_WITH_FOLDERS
        and f"{catalog}.catalog-impl" not in settings
    )


def _refuse_relative(settings: Mapping[str, str], key: str) -> None:
    value = settings.get(key)
    if value and not Path(value).is_absolute():
        raise DbtRuntimeError(
            f"{key} is the relative path '{value}', which would bind the tables to the folder"
            " that dbt runs in: make it absolute, in the profile or in the environment variable"
            " that it comes from, or start it with $PROJECT_ROOT"
        )


def spark_settings(parameters: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters for Spark, with Hive by default and without ``dbt.session.*``."""
    spark = {key: value for key, value in parameters.items() if key not in OWN}
    spark.setdefault("spark.sql.catalogImplementation", "hive")
    if ANSI in parameters:
        # dbt-spark overwrites spark.sql.ansi.enabled in the profile with false.
        spark["spark.sql.ansi.enabled"] = parameters[ANSI].lower()
    return spark


def _add_remote(parameters: dict[str, str]) -> dict[str, str]:
    """Add the server that the environment variable ``SPARK_REMOTE`` names, if the profile has none.

    Raises:
        DbtRuntimeError: The address is not one of a Spark Connect server, or another parameter
            needs a Spark that dbt starts.
    """
    name = REMOTE if parameters.get(REMOTE) else f"the environment variable {ENVIRONMENT}"
    remote = parameters.get(REMOTE) or os.environ.get(ENVIRONMENT)
    if not remote:
        return parameters
    if not remote.startswith("sc://"):
        raise DbtRuntimeError(
            f"{name} is '{remote}', which is not the address of a Spark Connect server, such as "
            "sc://127.0.0.1:15002"
        )
    for key in _OF_STARTED_SPARK:
        if parameters.get(key):
            raise DbtRuntimeError(
                f"{key} is a parameter of a Spark that dbt starts, but {name} names a Spark "
                "Connect server, which runs already: remove one of the two"
            )
    return {**parameters, REMOTE: remote}


def _add_lake(parameters: dict[str, str], project_root: Path) -> dict[str, str]:
    """Add the parameters and settings that ``dbt.session.lake`` stands for; others win."""
    folder = parameters.get(LAKE)
    if not folder:
        return parameters
    own = {
        LOCK: f"{folder}/build.lock",
        LOG: f"{project_root}/logs/spark.log",
        TEMP: f"{folder}/tmp",
    }
    catalog = "build" if parameters.get(PUBLISH) else "lake"
    return {**own, **lake_settings(folder, catalog, parameters), **parameters}


def _add_published(parameters: dict[str, str]) -> dict[str, str]:
    """Add the settings of the catalog that ``dbt.session.publish`` names; the profile wins."""
    published = parameters.get(PUBLISH)
    if not published:
        return parameters
    return {**published_settings(published, parameters), **parameters}
