"""Refuse a profile whose catalogs Spark has already loaded with other settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from weakref import WeakKeyDictionary

from dbt_common.exceptions import DbtRuntimeError
from pyspark.sql import SparkSession

from dbt_spark_session.redaction import is_secret

_PREFIX = "spark.sql.catalog."
_CREDENTIAL = re.compile(r"(?i)credential|access[.-]?key|[.]user$")
"""Settings that may change while a program runs, beside the secret ones; they move no table."""

_settings: WeakKeyDictionary[SparkSession, dict[str, dict[str, str]]] = WeakKeyDictionary()
"""First session of a Spark → name of a catalog → the settings that it was loaded with."""


def refuse_other_settings(root: SparkSession, profile: Mapping[str, str]) -> None:
    """Refuse a profile if Spark has loaded one of its catalogs with other settings.

    Spark keeps a catalog that it has loaded, so the tables of a second profile would be written to
    the lake of the first one. Credentials may differ.

    Args:
        root: the session outside of all dbt commands.
        profile: the settings of Spark in the profile.

    Raises:
        DbtRuntimeError: A catalog of the profile is loaded with other settings.
    """
    known = _settings.setdefault(root, _catalogs(root.conf.getAll, profile))
    manager = root._jsparkSession.sessionState().catalogManager()
    names = manager.listCatalogs(root._jvm.scala.Option.empty())
    loaded = {names.apply(index) for index in range(names.size())}
    for name, wanted in _catalogs(profile, profile).items():
        kept = known.get(name, wanted)
        if name in loaded and kept != wanted:
            key = min(key for key, _ in kept.items() ^ wanted.items())
            raise DbtRuntimeError(
                f"Spark has loaded the catalog '{name}' with another value of {key}, and keeps it"
                " until Python ends: run this command in another Python process"
            )
        known[name] = wanted


def _catalogs(settings: Mapping[str, str], profile: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return the settings of each catalog, without its credentials."""
    catalogs: dict[str, dict[str, str]] = {}
    for key, value in settings.items():
        is_credential = _CREDENTIAL.search(key) or is_secret(key, profile)
        if key.startswith(_PREFIX) and not is_credential:
            catalogs.setdefault(key.split(".")[3], {})[key] = value
    return catalogs
