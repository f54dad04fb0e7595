"""Keep secret settings out of command lines and of dbt's output."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping

from dbt_common.constants import SECRET_ENV_PREFIX
from dbt_common.exceptions import DbtRuntimeError, env_secrets

REGEX = "spark.redaction.regex"
# Spark's own default.
DEFAULT = r"(?i)secret|password|token|access[.]?key"
_PARAMETER = re.compile(r"[?&;]([^=?&;]+)=([^&;]+)")
"""Name and value of a parameter in an address, as in jdbc:…?user=…&password=…."""
_SHORTEST = 6
"""Shortest secret that is hidden: hiding `true` or `lake` would blank out ordinary words."""


def launch_settings(settings: Mapping[str, str]) -> dict[str, str]:
    """Return the settings for the command line that starts Java.

    Every user of the machine can read a command line. The settings of SQL, which include the
    address and password of a catalog, are set after Spark's context has started.
    """
    secret = _pattern(settings)
    return {
        key: value
        for key, value in settings.items()
        if not key.startswith("spark.sql.") and not secret.search(key)
    }


def is_secret(key: str, settings: Mapping[str, str]) -> bool:
    """Return whether the name of a setting matches the pattern of secrets in the settings."""
    return bool(_pattern(settings).search(key))


def hide_from_dbt(settings: Mapping[str, str]) -> None:
    """Make dbt replace the secrets by asterisks in its output, logs and errors.

    dbt replaces the values of environment variables whose names start with DBT_ENV_SECRET.
    """
    for value in _secrets(settings):
        if len(value) >= _SHORTEST and value not in env_secrets():
            os.environ[f"{SECRET_ENV_PREFIX}_SPARK_SESSION_{len(env_secrets())}"] = value


def _secrets(settings: Mapping[str, str]) -> Iterator[str]:
    secret = _pattern(settings)
    for key, value in settings.items():
        if secret.search(key):
            yield value
        for name, part in _PARAMETER.findall(value):
            if secret.search(name):
                yield part


def _pattern(settings: Mapping[str, str]) -> re.Pattern[str]:
    text = settings.get(REGEX, DEFAULT)
    try:
        return re.compile(text)
    except re.error as error:
        raise DbtRuntimeError(f"{REGEX} is '{text}', which Python cannot read: {error}") from error
