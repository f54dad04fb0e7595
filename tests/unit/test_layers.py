"""`make lint` finds imports, dependencies and models against the layers in CONTRIBUTING.md."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from reelhouse.paths import PLUG_IN, ROOT, VENV

NAMES = (
    *("src", "packages", "models", "python_models", "macros", "seeds", "docs", "profiles"),
    *("tests/data", "pyproject.toml", "dbt_project.yml", "dbt-bouncer.yml"),
)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Copy the project, so that a test can plant a violation."""
    for name in NAMES:
        source, target = ROOT / name, tmp_path / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, target)
    return tmp_path


def run(folder: Path, tool: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [VENV / "bin" / tool, *arguments],
        cwd=folder,
        env={
            "PATH": f"{VENV / 'bin'}:/usr/bin:/bin",
            "PYTHONPATH": f"{folder / 'src'}:{folder / PLUG_IN.relative_to(ROOT) / 'src'}",
            "DBT_PROFILES_DIR": str(folder / "profiles"),
            "HOME": str(folder),
        },
        capture_output=True,
        text=True,
    )


AGAINST_THE_ARROWS = {
    "reelhouse.als.kernels": "reelhouse.ranking.top_n",
    "reelhouse.algorithms.als": "reelhouse.tuning.tuner",
    "reelhouse.bayes.sampler": "reelhouse.ranking.top_n",
    "reelhouse.lake.catalog": "reelhouse.als.csr",
    "reelhouse.ranking.top_n": "reelhouse.lake.catalog",
    "reelhouse.errors": "reelhouse.commands.build",
    "dbt_spark_session.write_lock": "reelhouse.paths",
}


def test_imports_against_the_arrows_are_found(copy):
    for module, imported in AGAINST_THE_ARROWS.items():
        (file,) = copy.rglob(f"src/{module.replace('.', '/')}.py")
        file.write_text(f"{file.read_text()}\nimport {imported}\n")
    found = run(copy, "lint-imports")
    assert found.returncode == 1
    for module, imported in AGAINST_THE_ARROWS.items():
        assert f"{module} -> {imported}" in found.stdout


@pytest.mark.parametrize("folder", [".", "packages/dbt-spark-session"])
def test_an_undeclared_and_an_unused_dependency_are_found(copy, folder):
    module = next((copy / folder / "src").rglob("errors.py"))
    module.write_text(f"{module.read_text()}\nimport tabulate\n")
    project = copy / folder / "pyproject.toml"
    project.write_text(project.read_text().replace("dependencies = [", "dependencies = [\n'six',"))
    found = run(copy / folder, "deptry", "src")
    assert found.returncode == 1
    assert "'tabulate' imported" in found.stderr
    assert "'six' defined as a dependency but not used" in found.stderr


def test_a_model_that_reads_a_later_stage_is_found(copy):
    model = copy / "models" / "ratings" / "users.sql"
    model.write_text(model.read_text() + "-- {{ ref('model_comparison') }}\n")
    parsed = run(copy, "dbt", "--quiet", "parse", "--target-path", "target/lint")
    assert parsed.returncode == 0, parsed.stdout
    found = run(copy, "dbt-bouncer", "run", "--config-file", "dbt-bouncer.yml", "-v")
    assert found.returncode == 1
    assert "`users` references upstream models that are not permitted" in (
        found.stdout + found.stderr
    )


def test_prose_of_more_than_100_columns_is_found(copy):
    page = copy / "docs" / "data.md"
    ends_late = 19 * "word " + "overflow"
    page.write_text(page.read_text() + f"\n{26 * 'word '}\n{ends_late}\n{18 * 'word '}end\n")
    found = run(copy, "pymarkdown", "scan", "docs")
    assert found.returncode == 1
    assert found.stdout.count("data.md") == found.stdout.count("MD013") == 2


def test_wide_prose_in_yaml_is_found(tmp_path):
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    shutil.copy2(ROOT / "Makefile", tmp_path / "Makefile")
    wide = re.search(r"^override WIDE := '(.*)'$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    lines = [
        "description: " + 26 * "word ",
        "- {a: 1, " + 26 * "b: 2, " + "}",
        "columns: " + 26 * "a_name,",
        "short: " + 18 * "ümlä ",
    ]
    (tmp_path / "a.yml").write_text("\n".join(lines) + "\n")
    assert wide is not None
    found = subprocess.run(
        ["git", "grep", "--no-index", "-nP", wide[1], "--", "*.yml"],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
    )
    assert [line.split(":")[1] for line in found.stdout.splitlines()] == ["1"]
