"""What `reelhouse shell` says before Spark starts, in a project that is not set up."""

import os
import subprocess
import sys

from tests.unit.copied_project import Project

START = "import sys; from reelhouse.cli import main; sys.exit(main(['shell']))"


def failed(project: Project, **environment: str) -> str:
    """Run the shell in a copy of the project; return its error."""
    done = subprocess.run(
        [sys.executable, "-c", START],
        env={**os.environ, "PYTHONPATH": str(project.root / "src"), **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    return done.stderr


def test_a_missing_profile_is_named(project: Project) -> None:
    said = failed(project)
    assert said.startswith(f"error: {project.root} has no profiles.yml")
    assert "run `make setup`" in said


def test_a_missing_java_is_named(project: Project) -> None:
    (project.root / "profiles.yml").symlink_to("profiles/profiles.yml")
    said = failed(project, JAVA_HOME="/nowhere")
    assert said.startswith("error: JAVA_HOME is /nowhere, where there is no bin/java")
