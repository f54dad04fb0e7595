"""Pages of documentation: no empty page, wide line, dangling link, or name that does not exist."""

from __future__ import annotations

import ast
import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml  # type: ignore[import-untyped]

from reelhouse.paths import ROOT

CODE = (
    "src",
    "packages/dbt-spark-session/src",
    "packages/dbt-spark-session/tests",
    "python_models",
    "benchmarks",
)
YAML = ("models", "python_models", "seeds")
SQL = ("models", "macros", "tests/data", "examples/orders/models")
# Names that other systems or packages define and no file of the project has.
FOREIGN = {
    *("allowed_directories", "enable_external_access", "lock_configuration", "write_log"),  # DuckDB
    "list_dot_product",  # DuckDB
    "remove_orphan_files",  # Iceberg
    "sync_all_columns",  # dbt
    *("created_at", "item_id"),  # ingest/usual_names.py knows them without the underscore
}
WRITTEN = "benchmarks/out/"
"""Folder of files that a command writes."""
STAGES = ("int", "stg", "raw", "leaked", "rejected")

FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`]+)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.*)$", re.MULTILINE)
WORD = re.compile(r"[A-Za-z]\w*")
SNAKE = re.compile(r"[a-z]\w*_\w+")
COLUMN = re.compile(r"([a-z]\w*)\.([a-z]\w*)")
SOURCE = re.compile(r"[\w./-]*\w\.(?:py|sql|yml)")
DATA_FILE = re.compile(r"\w+\.(?:csv|dat|data|item|user|md|html|lock|txt|zip)")
PREFIXED = re.compile(r"(?<![\w./])(?:int|stg|raw|leaked|rejected)_[a-z_]*(?![\w<…-])\*?")
READ = re.compile(r"\b(?:from|join)\s+(?:r\d+\.)?([a-z]\w*)\b(?!\()")


class Names(NamedTuple):
    """Names that the documentation may use."""

    tables: set[str]
    """Models and seeds."""
    columns: dict[str, set[str]]
    """Columns of each table that has a YAML file."""
    words: set[str]
    """All names in code, configuration and seeds: no comments, docstrings or descriptions."""
    paths: set[str]
    """Files and folders of the project, relative to its root."""
    folders: set[str]
    """Folders at the root."""


@pytest.fixture(scope="module")
def names() -> Names:
    return names_of(ROOT)


def names_of(root: Path) -> Names:
    """Collect the names of a project."""
    models = [*root.glob("models/**/*.sql"), *root.glob("python_models/**/*.py")]
    example = [*root.glob("examples/*/models/*.sql"), *root.glob("examples/*/seeds/*.csv")]
    tables = {path.stem for path in [*models, *example, *root.glob("seeds/*.csv")]}
    columns: dict[str, set[str]] = {}
    words = set(tables) | set(vars_of(root))
    for folder in YAML:
        for path in root.glob(f"{folder}/**/*.yml"):
            content = yaml.safe_load(path.read_text())
            words |= set(named(content))
            for node in [*content.get("models", []), *content.get("seeds", [])]:
                columns[node["name"]] = {column["name"] for column in node.get("columns", [])}
    for path in root.glob("seeds/*.csv"):
        with path.open() as file:
            words |= {cell for row in csv.reader(file) for cell in row}
    code = (path for folder in CODE for path in root.glob(f"{folder}/**/*.py"))
    for path in (path for path in code if "out" not in path.parts):  # benchmarks/out has a venv
        words |= set(words_of_python(path.read_text()))
    plug_in = root.glob("packages/*/src/**/*.sql")
    for path in (*plug_in, *(path for folder in SQL for path in root.glob(f"{folder}/**/*.sql"))):
        text = re.sub(r"\{#.*?#\}|--[^\n]*", " ", path.read_text(), flags=re.DOTALL)
        sides = (text.replace("{{ side }}", side) for side in ("user", "movie"))
        words |= {path.stem, *(word for side in sides for word in WORD.findall(side))}
    for path in (root / "dbt_project.yml", root / "profiles/profiles.yml", root / "pyproject.toml"):
        words |= set(WORD.findall(re.sub(r"#[^\n]*", " ", path.read_text())))
    files = [path.relative_to(root) for path in files_of(root)]
    paths = {str(path) for file in files for path in (file, *file.parents)} - {"."}
    folders = {path.split("/")[0] for path in paths if "/" in path}
    return Names(tables, columns, words, paths, folders)


def vars_of(root: Path) -> dict[str, object]:
    """Return the vars of dbt_project.yml."""
    declared: dict[str, object] = yaml.safe_load((root / "dbt_project.yml").read_text())["vars"]
    return declared


def named(content: object) -> Iterator[str]:
    """Yield the value of every key ``name`` in a YAML file."""
    if isinstance(content, dict):
        if isinstance(content.get("name"), str):
            yield content["name"]
        content = list(content.values())
    if isinstance(content, list):
        for value in content:
            yield from named(value)


def words_of_python(text: str) -> Iterator[str]:
    """Yield the names and the words of string constants, without docstrings and comments."""
    tree = ast.parse(text)
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield from WORD.findall(node.value)
        for field in ("id", "attr", "arg", "name", "module"):
            yield from WORD.findall(str(getattr(node, field, None) or ""))


def files_of(root: Path) -> Iterator[Path]:
    """Yield the files that a document may name, without what builds and set-up write."""
    folders = (*CODE, *SQL, "seeds", "tests", "profiles", "docs", "packages", "macros")
    for folder in dict.fromkeys((*folders, "examples/orders")):
        yield from (path for path in root.glob(f"{folder}/**/*") if path.is_file())
    yield from (path for path in root.iterdir() if path.is_file())


def documents(root: Path) -> list[Path]:
    """Return the Markdown files that people read, without the docs blocks of dbt."""
    pages = sorted(path for path in root.glob("docs/**/*.md") if path.parent.name != "dbt")
    plug_in = sorted(root.glob("packages/*/*.md"))
    examples = sorted(root.glob("examples/*/*.md"))
    return [root / "README.md", root / "CONTRIBUTING.md", *pages, *examples, *plug_in]


def faults(page: Path, names: Names) -> list[str]:
    """Return the faults of a page, one sentence each."""
    text = page.read_text()
    if not HEADING.sub("", text).strip():
        return [f"{page.name} is empty"]
    return [*dangling_links(page, text), *unknown_names(text, names)]


def dangling_links(page: Path, text: str) -> Iterator[str]:
    """Yield relative links whose file or heading does not exist."""
    for target in LINK.findall(FENCE.sub("", text)):
        if "://" in target or target.startswith("mailto:"):
            continue
        file, _, anchor = target.partition("#")
        path = page.parent / file if file else page
        if not path.exists():
            yield f"the link {target} names a file that does not exist"
        elif anchor and anchor not in anchors(path.read_text()):
            yield f"the link {target} names a heading that does not exist"


def anchors(text: str) -> set[str]:
    """Return the anchors that GitHub gives to the headings of a page."""
    plain = (re.sub(r"[^\w\- ]", "", title.lower()) for title in HEADING.findall(text))
    return {title.strip().replace(" ", "-") for title in plain}


def unknown_names(text: str, names: Names) -> Iterator[str]:
    """Yield names of tables, columns, vars, macros, functions and files that do not exist."""
    prose = FENCE.sub("", text)
    spans = [" ".join(span.split()) for span in SPAN.findall(prose)]
    for statement in (*FENCE.findall(text), *spans):
        if "select" in statement:
            for table in set(READ.findall(statement)) - names.tables:
                yield f"the table {table} does not exist"
    for name in PREFIXED.findall(LINK.sub("", prose)):
        if name.endswith("*"):
            if not any(table.startswith(name[:-1]) for table in names.tables):
                yield f"no table starts with {name[:-1]}"
        elif name not in names.words and name.strip("_") not in STAGES:
            yield f"the table or column {name} does not exist"
    for span in spans:
        if SNAKE.fullmatch(span) and span not in names.words | FOREIGN:
            yield f"the name {span} does not exist"
        elif not span.startswith(WRITTEN) and (
            SOURCE.fullmatch(span) or span.split("/")[0] in names.folders
        ):
            if not any(f"/{path}".endswith(f"/{span.rstrip('/')}") for path in names.paths):
                yield f"the file {span} does not exist"
        elif not DATA_FILE.fullmatch(span) and (column := COLUMN.fullmatch(span)):
            table, name = column.groups()
            if table in names.columns and name not in names.columns[table]:
                yield f"the table {table} has no column {name}"


@pytest.mark.parametrize("page", documents(ROOT), ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_has_no_fault(page: Path, names: Names) -> None:
    assert faults(page, names) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "page.md is empty"),
        ("# Only a title\n", "page.md is empty"),
        ("See [it](gone.md).", "the link gone.md names a file that does not exist"),
        ("See [it](#gone).", "the link #gone names a heading that does not exist"),
        ("The model `int_gone`.", "the table or column int_gone does not exist"),
        ("The model int_gone, and so on.", "the table or column int_gone does not exist"),
        ("The views `leaky_*` and `leaked_x*`.", "no table starts with leaked_x"),
        ("The var `gone_limit`.", "the name gone_limit does not exist"),
        ("It is `movies.gone`.", "the table movies has no column gone"),
        ("It is in `als/gone.py`.", "the file als/gone.py does not exist"),
        ('Ask `make sql Q="select * from gone"`.', "the table gone does not exist"),
        ("```\nselect * from movies\njoin gone\n```\n", "the table gone does not exist"),
    ],
)
def test_a_planted_fault_is_found(tmp_path: Path, names: Names, text: str, fault: str) -> None:
    page = tmp_path / "page.md"
    page.write_text(text)
    assert fault in faults(page, names)


def test_a_page_without_a_fault_has_none(tmp_path: Path, names: Names) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# A *page*: of two\n\nSee [it](#a-page-of-two), `stg_ratings`, the views `leaked_*`,\n"
        "`users.source_id`, `als/fitting.py` and `rating_limit`.\n\n"
        "```\nselect title from movies join ratings_query(1)\n```\n"
    )
    assert faults(page, names) == []


def test_every_decision_has_a_number_and_a_line_in_the_index() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text()
    records = sorted(folder.glob("0*.md"))
    assert len(records) > 20
    for record in records:
        number, *_ = record.name.split("-")
        assert record.read_text().startswith(f"# {number} "), record.name
        assert f"({record.name})" in index
