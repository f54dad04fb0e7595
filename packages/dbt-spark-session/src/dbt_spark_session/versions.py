"""The tested versions of dbt and Spark, and the warning about newer ones."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

TESTED = {"dbt-core": ("1.11",), "dbt-spark": ("1.11",), "pyspark": ("4.0", "4.1")}
"""Distribution → its series that the tests build the example with."""


def tested_versions() -> str:
    """Return the tested series as text, such as ``dbt-core 1.11 and pyspark 4.0 or 4.1``."""
    return _join([f"{name} {' or '.join(series)}" for name, series in TESTED.items()])


def installed_versions(*names: str) -> str:
    """Return the installed versions of these distributions as text."""
    found = {name: _installed(name) for name in names}
    return _join([f"{name} {number}" if number else f"no {name}" for name, number in found.items()])


def series_of(number: str) -> str:
    """Return the first two numbers of a version: ``4.1`` of ``4.1.4``."""
    return ".".join(number.split(".")[:2])


def warning_about_versions() -> str | None:
    """Return one sentence that names the installed versions without tests; None if all have."""
    untested = [
        name
        for name, tested in TESTED.items()
        if (number := _installed(name)) and series_of(number) not in tested
    ]
    if not untested:
        return None
    return (
        f"dbt-spark-session is tested with {tested_versions()}, but here it runs with "
        f"{installed_versions(*untested)}."
    )


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _join(parts: list[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if parts[1:] else parts)
