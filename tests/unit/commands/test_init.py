"""`reelhouse init` in the folder of another dbt project."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from reelhouse.commands.init import init
from reelhouse.errors import ReelhouseError
from reelhouse.paths import JARS, ROOT
from reelhouse.setup.jars import locked_jars


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Make an empty dbt project."""
    (tmp_path / "dbt_project.yml").write_text("name: shop\nprofile: my_shop\n")
    return tmp_path


def test_the_profile_has_the_settings_of_reelhouse_and_finds_the_jars(shop: Path) -> None:
    init(shop)
    profile = yaml.safe_load((shop / "profiles.yml").read_text())
    own = yaml.safe_load((ROOT / "profiles" / "profiles.yml").read_text())["reelhouse"]
    assert list(profile) == ["my_shop"]
    assert profile["my_shop"]["outputs"].keys() == own["outputs"].keys()
    settings = profile["my_shop"]["outputs"]["local"]["server_side_parameters"]
    assert settings.keys() == own["outputs"]["local"]["server_side_parameters"].keys()
    paths = settings["spark.driver.extraClassPath"].replace("$PROJECT_ROOT", str(shop)).split(":")
    assert [Path(path).resolve() for path in paths] == [jar.path for jar in locked_jars()]
    assert all(Path(path).is_file() for path in paths)
    cluster = profile["my_shop"]["outputs"]["cluster"]["server_side_parameters"]
    assert cluster["spark.jars"].startswith("$PROJECT_URI/.reelhouse/jars/")
    log = settings["spark.driver.extraJavaOptions"].partition("$PROJECT_URI")[2]
    assert Path(f"{shop}{log}").is_file()


def test_a_project_without_packages_gets_reelhouse_and_a_second_run_changes_nothing(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    init(shop)
    (package,) = yaml.safe_load((shop / "packages.yml").read_text())["packages"]
    assert (shop / package["local"]).resolve() == ROOT
    files = {path: path.read_text() for path in shop.glob("*.yml")}
    capsys.readouterr()
    init(shop)
    assert {path: path.read_text() for path in shop.glob("*.yml")} == files
    assert (shop / ".reelhouse" / "jars").resolve() == JARS
    printed = capsys.readouterr().out
    assert "jars" not in printed, "a step without a download"
    assert printed.endswith(
        "next: dbt deps, name your model in dbt_project.yml with the var interactions_relation,"
        " dbt build\n"
    )
    for variables in ("{interactions_relation: x}", "{reelhouse: {interactions_relation: x}}"):
        (shop / "dbt_project.yml").write_text(f"name: s\nprofile: my_shop\nvars: {variables}\n")
        init(shop)
        assert capsys.readouterr().out.endswith("next: dbt deps, dbt build\n")


@pytest.mark.parametrize("name", ["packages.yml", "dependencies.yml"])
def test_a_list_of_packages_is_left_as_it_is(
    shop: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "packages:\n  - package: dbt-labs/dbt_utils\n    version: 1.3.0\n"
    (shop / name).write_text(text)
    init(shop)
    assert [path.name for path in shop.glob("[pd][ae][cp]*.yml")] == [name]
    assert (shop / name).read_text() == text
    assert "next: add `- local: " in capsys.readouterr().out


def test_a_profile_of_the_user_is_kept(shop: Path) -> None:
    (shop / "profiles.yml").write_text("my_shop: {}\n")
    with pytest.raises(ReelhouseError, match=r"profiles\.yml exists .* rename it"):
        init(shop)
    assert (shop / "profiles.yml").read_text() == "my_shop: {}\n"


def test_a_folder_without_a_project_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReelhouseError, match=r"no dbt_project\.yml with a `profile:`"):
        init(tmp_path)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ReelhouseError, match="is Reelhouse itself"):
        init(ROOT)
