"""Every decision record has a text, and the index lists it."""

from reelhouse.paths import ROOT


def test_every_decision_has_a_text_and_a_line_in_the_index() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text()
    records = sorted(folder.glob("0*.md"))
    assert len(records) > 20
    for record in records:
        number, *_ = record.name.split("-")
        assert record.read_text().startswith(f"# {number} "), record.name
        assert f"({record.name})" in index
