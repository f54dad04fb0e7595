"""Read the vars of dbt_project.yml and the rows of seeds, for code that dbt does not render."""

import csv
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from reelhouse.errors import ReelhouseError
from reelhouse.paths import ROOT, shown

PROJECT_FILE = "dbt_project.yml"


class Vars(dict[str, Any]):
    """The vars of dbt_project.yml. A missing var raises ReelhouseError."""

    def __missing__(self, name: str) -> Any:
        """Raise ReelhouseError with the name of the missing var."""
        raise ReelhouseError(f"dbt_project.yml has no var {name}: add it below `vars:`")


def project_vars() -> Vars:
    """Return the vars of dbt_project.yml.

    As in dbt, the vars of another dbt project in the current folder take precedence over them, and
    `dbt --vars` over both.

    Raises:
        ReelhouseError: a file is not YAML. The result also raises it for a missing var.
    """
    variables = _yaml(ROOT / PROJECT_FILE).get("vars")
    if not isinstance(variables, dict):
        raise ReelhouseError(
            "dbt_project.yml has no `vars:`: bring the file back, as with `git checkout"
            " dbt_project.yml`"
        )
    return Vars(variables | _vars_of_current_project(variables) | _vars_of_dbt_command(variables))


def _vars_of_current_project(names: Collection[str]) -> dict[str, Any]:
    """Return the values that a dbt project in the current folder gives to vars of Reelhouse."""
    file = Path(PROJECT_FILE)
    if not file.is_file() or file.resolve() == ROOT / PROJECT_FILE:
        return {}
    project = _yaml(file)
    if project.get("name") in (None, "reelhouse"):  # another clone
        return {}
    given = dict(project.get("vars") or {})
    given.update(given.get("reelhouse") or {})
    return {name: given[name] for name in names if name in given}


def _vars_of_dbt_command(names: Collection[str]) -> dict[str, Any]:
    """Return the values that `dbt --vars` gives to vars of Reelhouse, if dbt runs in this process.

    So the checks of `raw_files` read the same vars as the SQL models.
    """
    dbt = sys.modules.get("dbt.flags")
    given = getattr(dbt.get_flags(), "VARS", {}) if dbt else {}
    return {name: given[name] for name in names if name in given}


def built_names() -> set[str]:
    """Return the names of the models and seeds, which are those of their files."""
    patterns = ("models/**/*.sql", "python_models/**/*.py", "seeds/*.csv")
    return {path.stem for pattern in patterns for path in ROOT.glob(pattern)}


def primary_keys() -> dict[str, list[str]]:
    """Return the columns of the primary key of each model that tests one."""
    keys: dict[str, list[str]] = {}
    for file in ROOT.glob("*models/**/*.yml"):
        for model in _yaml(file).get("models") or []:
            for test in model.get("data_tests") or []:
                if isinstance(test, dict) and "primary_key" in test:
                    keys.setdefault(model["name"], test["primary_key"]["arguments"]["columns"])
    return keys


def built_protocols() -> list[str]:
    """Return the protocols that every build evaluates. The summary shows the first one."""
    names = project_vars()["protocols"]
    if not isinstance(names, list) or not names:
        raise ReelhouseError(
            f"the var protocols in dbt_project.yml is {names!r}: write a list, such as [random]"
        )
    return names


def item_word() -> str:
    """Return the word for a movie, such as product (the var ``item_word``)."""
    return str(project_vars()["item_word"])


def seed_rows(name: str) -> list[dict[str, str]]:
    """Return the rows of seeds/NAME.csv as dbt reads them, with texts as values.

    A byte order mark and line ends of Windows, which spreadsheets write, have no effect.

    Raises:
        ReelhouseError: the file is not CSV, has no rows, or lacks a column of seeds/NAME.yml.
    """
    file = f"seeds/{name}.csv"
    described = _described_columns(name)
    with (ROOT / file).open(newline="", encoding="utf-8-sig") as seed:
        reader = csv.DictReader(seed, restval="")
        try:
            missing = [column for column in described if column not in (reader.fieldnames or [])]
            if missing:
                raise ReelhouseError(
                    f"{file} has no column {', '.join(missing)}: its first line names the columns,"
                    f" with commas between them ({','.join(described)})"
                )
            rows = []
            for row in reader:
                if None in row:
                    raise ReelhouseError(
                        f"{file}, line {reader.line_num} has more values than columns: remove"
                        " values, or quote a value that contains a comma"
                    )
                rows.append({column: _value(text) for column, text in row.items()})
        except UnicodeDecodeError as error:
            raise ReelhouseError(f"{file} is not UTF-8: save it as CSV UTF-8") from error
        except csv.Error as error:
            raise ReelhouseError(f"{file}, line {reader.line_num}: {error}") from error
    if not rows:
        raise ReelhouseError(f"{file} has no rows: bring them back, as with `git checkout {file}`")
    return rows


def _value(text: str) -> str:
    """Return the text of a cell. Like dbt, take `null` for an empty cell."""
    return "" if text.strip().lower() == "null" else text.strip()


def _described_columns(seed: str) -> list[str]:
    try:
        described = _yaml(ROOT / "seeds" / f"{seed}.yml")
        return [column["name"] for column in described["seeds"][0]["columns"]]
    except (KeyError, IndexError, TypeError) as error:
        raise ReelhouseError(
            f"seeds/{seed}.yml does not list the columns of {seed}: bring the file back, as with"
            f" `git checkout seeds/{seed}.yml`"
        ) from error


def _yaml(path: Path) -> dict[str, Any]:
    file = shown(path)
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f", line {mark.line + 1}" if mark else ""
        raise ReelhouseError(f"{file}{line}: {error.problem or error.context}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ReelhouseError(
            f"{file} is not YAML in UTF-8: {' '.join(str(error).split())}"
        ) from error
    if not isinstance(content, dict):
        raise ReelhouseError(f"{file} has no settings: write them as `name: value`, one per line")
    return content
