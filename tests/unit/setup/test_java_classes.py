"""`make` writes the archive of Java classes; the disk may be too small for it."""

import pytest

from reelhouse.setup.jars import locked_jars
from tests.unit.copied_project import Project, in_a_mount_namespace


@pytest.mark.slow
def test_an_archive_that_does_not_fit_on_the_disk_is_not_kept(project: Project) -> None:
    project.add_venv()
    small = project.root / "jars"
    small.mkdir()
    links = [f"ln -s '{jar.path}' '{small}'" for jar in locked_jars()]
    wrap = in_a_mount_namespace("; ".join([f"mount -t tmpfs -o size=80m none '{small}'", *links]))
    script = f"make jars/classes.jsa; code=$?; ls '{small}' >&2; exit $code"

    done = project.make(wrap=[*wrap, "sh", "-c", script, "sh"])

    assert "error: the disk is full" in done.stderr
    assert "classes.jsa" not in done.stderr.splitlines()
