"""Which settings are secrets, and where they must not be seen."""

from __future__ import annotations

import re
from collections.abc import Mapping

from dbt_common.context import try_get_invocation_context
from dbt_common.exceptions import DbtRuntimeError

REGEX = "spark.redaction.regex"
# Spark's own default.
DEFAULT = r"(?i)secret|password|token|access[.]?key"
_SHORTEST = 6
"""Characters of a secret that is worth hiding: `true` or `lake` would blank out ordinary words."""


def launch_settings(settings: Mapping[str, str]) -> dict[str, str]:
    """Return the settings that the start of Java may have on its command line.

    Every user of the machine can read a command line. Java does not need the settings of SQL, which
    include a catalog's address and password, before Spark's context has started.
    """
    secret = _pattern(settings)
    return {
        key: value
        for key, value in settings.items()
        if not key.startswith("spark.sql.") and not secret.search(key)
    }


def hide_from_dbt(settings: Mapping[str, str]) -> None:
    """Let dbt blank out the secrets in everything that this invocation prints, logs or raises."""
    context = try_get_invocation_context()
    if context is None:
        return
    secret = _pattern(settings)
    for key, value in settings.items():
        # The second: the password in an address, as in jdbc:…?password=….
        is_secret = secret.search(key) or (key.startswith("spark.sql.") and secret.search(value))
        if is_secret and len(value) >= _SHORTEST and value not in context.env_secrets:
            # The list that dbt fills from variables named DBT_ENV_SECRET….
            context.env_secrets.append(value)


def _pattern(settings: Mapping[str, str]) -> re.Pattern[str]:
    text = settings.get(REGEX, DEFAULT)
    try:
        return re.compile(text)
    except re.error as error:
        raise DbtRuntimeError(f"{REGEX} is '{text}', which Python cannot read: {error}") from error
