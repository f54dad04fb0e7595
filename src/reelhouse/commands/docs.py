"""`reelhouse docs`: write the documentation of the project and the lake as one page."""

import os

from reelhouse.commands.dbt import exit_code, run_dbt
from reelhouse.docs_page.artifacts import read_artifacts
from reelhouse.docs_page.document import docs_text
from reelhouse.errors import ReelhouseError
from reelhouse.lake.cluster import LOCAL
from reelhouse.paths import DOCUMENTATION, ROOT, TARGET, shown
from reelhouse.setup.java import find_java


def write_docs(target: str) -> None:
    """Write target/docs.html: the flow, every column with its lineage, and the tests."""
    find_java()
    os.chdir(ROOT)
    print("reading the tables …", flush=True)
    named = [] if target == LOCAL else ["--target", target]
    if exit_code(run_dbt(["docs", "generate", *named])):
        raise ReelhouseError("dbt wrote no documentation: the cause is above, and in logs/dbt.log")
    DOCUMENTATION.write_text(docs_text(read_artifacts(TARGET)), encoding="utf-8")
    # dbt's own page, which shows nothing when it is opened from disk.
    (TARGET / "index.html").unlink(missing_ok=True)
    size = DOCUMENTATION.stat().st_size / 1e6
    print(f"written: {shown(DOCUMENTATION)} ({size:.1f} MB), a page for any browser")
