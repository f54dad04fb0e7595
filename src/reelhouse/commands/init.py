"""`reelhouse init`: prepare another dbt project that has Reelhouse as a package."""

import os
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from reelhouse import terminal_step
from reelhouse.errors import ReelhouseError
from reelhouse.paths import JARS, ROOT
from reelhouse.setup.jars import install_jars, locked_jars

PROFILES = ROOT / "profiles" / "profiles.yml"
LOG_SETTINGS = ROOT / "profiles" / "log4j2.properties"
MARK = "# Written by `reelhouse init`, which replaces this file when it runs again.\n"
MODEL_VAR = "interactions_relation"
FOLDER = ".reelhouse"
"""Folder of the other project with a link to the jars and the settings of Spark's log."""


def init(project: Path) -> None:
    """Write the profile of another project, link the jars, and list Reelhouse in packages.yml.

    Args:
        project: the folder of the project, which has dbt_project.yml.

    Raises:
        ReelhouseError: the folder has no dbt project, is Reelhouse's own, or has a profiles.yml
            that this command has not written; or the jars cannot be installed.
    """
    if project.resolve() == ROOT:
        raise ReelhouseError(f"{project} is Reelhouse itself: run this in your own dbt project")
    settings = _read_yaml(project / "dbt_project.yml")
    profile = settings.get("profile")
    if not profile:
        raise ReelhouseError(
            f"{project} has no dbt_project.yml with a `profile:`: run this in the folder of your"
            " dbt project, and name a profile there"
        )
    profiles = project / "profiles.yml"
    if profiles.exists() and not profiles.read_text(encoding="utf-8").startswith(MARK):
        raise ReelhouseError(
            f"{profiles} exists and is not from this command: rename it, run this again, and copy"
            " the targets that you still need"
        )
    if not all(jar.is_kept() for jar in locked_jars()):
        with terminal_step.step("download jars"):
            install_jars()
    _fill_folder(project / FOLDER)
    profiles.write_text(profile_text(str(profile)), encoding="utf-8")
    print(f"written: profiles.yml (profile {profile}) and {FOLDER}/")
    steps = ["dbt deps", "dbt build"]
    if not _names_model(settings):
        steps.insert(1, f"name your model in dbt_project.yml with the var {MODEL_VAR}")
    if not _lists_reelhouse(project):
        entry = f"  - local: {os.path.relpath(ROOT, project)}"
        packages = project / "packages.yml"
        if packages.exists() or (project / "dependencies.yml").exists():
            steps.insert(0, f"add `{entry.strip()}` to your list of packages")
        else:
            packages.write_text(f"packages:\n{entry}\n", encoding="utf-8")
            print("written: packages.yml")
    print(f"next: {', '.join(steps)}")


def profile_text(name: str) -> str:
    """Return Reelhouse's profile under another name, with paths into the folder .reelhouse."""
    _, outputs = PROFILES.read_text(encoding="utf-8").split("\nreelhouse:\n")
    for root in ("$PROJECT_ROOT", "$PROJECT_URI"):
        outputs = outputs.replace(f"{root}/jars/", f"{root}/{FOLDER}/jars/")
    outputs = outputs.replace("$PROJECT_URI/profiles/", f"$PROJECT_URI/{FOLDER}/")
    return f"{MARK}{name}:\n{outputs}"


def _fill_folder(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    (folder / ".gitignore").write_text("*\n")
    (folder / LOG_SETTINGS.name).write_bytes(LOG_SETTINGS.read_bytes())
    link = folder / JARS.name
    link.unlink(missing_ok=True)
    link.symlink_to(JARS)


def _lists_reelhouse(project: Path) -> bool:
    """Return whether a file of the project lists this folder as a package."""
    for name in ("packages.yml", "dependencies.yml"):
        for entry in _read_yaml(project / name).get("packages") or []:
            local = entry.get("local") if isinstance(entry, dict) else None
            if local and (project / local).resolve() == ROOT:
                return True
    return False


def _names_model(settings: dict[str, Any]) -> bool:
    """Return whether the vars of dbt_project.yml name the model with the ratings or events."""
    variables = settings.get("vars") or {}
    own = variables.get("reelhouse") or {}
    return bool({**variables, **own}.get(MODEL_VAR))


def _read_yaml(file: Path) -> dict[str, Any]:
    """Return the content of a YAML file; nothing if there is no such file."""
    if not file.is_file():
        return {}
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ReelhouseError(f"{file} is not YAML: {' '.join(str(error).split())}") from error
    return content if isinstance(content, dict) else {}
