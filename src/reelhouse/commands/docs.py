"""`reelhouse docs`: dbt's documentation of the project and the lake as one static page."""

import json
import os
from pathlib import Path

from dbt.task.docs import DOCS_INDEX_FILE_PATH

from reelhouse.commands.dbt import exit_code, run_dbt
from reelhouse.commands.docs_flow import with_flow
from reelhouse.errors import ReelhouseError
from reelhouse.lake.cluster import LOCAL
from reelhouse.paths import ROOT, shown
from reelhouse.setup.java import find_java

PAGE = ROOT / "target" / "docs.html"
# The page would request these two as files, and the browser would log errors.
FILE_REQUESTS = {
    'xlink:href="{{ getIcon': 'ng-attr-href="{{ getIcon',
    "${require('./assets/favicons/favicon.ico')}": "data:,",
}
# The graph shows these kinds of nodes until a person selects others. The names of tests are
# sentences, so that with tests the models are too small to read.
KINDS_IN_GRAPH = {
    'resource_types:["model","seed","snapshot","source","test","unit_test",': (
        'resource_types:["model","seed","snapshot","source",'
    ),
}


def write_docs(target: str) -> None:
    """Write target/docs.html with the lineage, and with the columns that the lake has."""
    find_java()
    os.chdir(ROOT)
    print("reading the tables …", flush=True)
    named = [] if target == LOCAL else ["--target", target]
    if exit_code(run_dbt(["docs", "generate", *named])):
        raise ReelhouseError("dbt wrote no documentation: the cause is above, and in logs/dbt.log")
    folder = PAGE.parent
    texts = {
        name: (folder / f"{name}.json").read_text(encoding="utf-8")
        for name in ("manifest", "catalog")
    }
    texts["manifest"] = json.dumps(with_flow(json.loads(texts["manifest"])))
    page = Path(DOCS_INDEX_FILE_PATH).read_text(encoding="utf-8")
    PAGE.write_text(static_page(page, **texts), encoding="utf-8")
    # dbt's own page, which shows nothing when it is opened from disk.
    (folder / "index.html").unlink(missing_ok=True)
    print(f"written: {shown(PAGE)}, a page for any browser")


def static_page(page: str, *, manifest: str, catalog: str) -> str:
    """Return dbt's page with both JSON texts in its script.

    JSON has `<` only in strings, where this function escapes it. So no text in a description, a var
    or an environment variable can end the script.
    """
    for before, after in (FILE_REQUESTS | KINDS_IN_GRAPH).items():
        page = page.replace(before, after)
    start, middle = page.split('"MANIFEST.JSON INLINE DATA"')
    middle, end = middle.split('"CATALOG.JSON INLINE DATA"')
    safe = (text.replace("<", r"\u003c") for text in (manifest, catalog))
    return start + next(safe) + middle + next(safe) + end
