"""`reelhouse page`: write one HTML file that recommends without a server and without a network."""

from reelhouse.commands.built_lake import open_built_lake
from reelhouse.page.document import page_text
from reelhouse.page.model import TABLES
from reelhouse.paths import TARGET, shown
from reelhouse.project import built_protocols, item_word, project_vars

PAGE = TARGET / "reelhouse.html"


def write_page() -> None:
    """Write target/reelhouse.html.

    Raises:
        ReelhouseError: an error of ``open_built_lake``, or no algorithm suits the page.
    """
    with open_built_lake(TABLES) as session:
        text = page_text(
            session,
            protocol=built_protocols()[0],
            item_word=item_word(),
            condition=str(project_vars()["candidate_movies"]),
        )
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(text, encoding="utf-8")
    size = PAGE.stat().st_size / 1e6
    print(f"written: {shown(PAGE)} ({size:.1f} MB), a page that needs no server and no network")
