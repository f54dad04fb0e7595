"""Tell whether a text means a missing value, as the macro is_missing does."""

from __future__ import annotations

from reelhouse.project import project_vars


def missing_texts() -> set[str]:
    """Return the texts of missing values, in lower case: blank, and the var missing_words."""
    return {"", *map(str.lower, project_vars()["missing_words"])}


def is_missing(text: str, missing: set[str]) -> bool:
    """Return whether a text is one of the texts that ``missing_texts`` returns."""
    return text.strip().lower() in missing
