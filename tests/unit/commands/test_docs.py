"""The page of `make docs`: dbt's own, with two JSON texts in its script."""

import json
import re
from pathlib import Path

from dbt.task.docs import DOCS_INDEX_FILE_PATH

from reelhouse.commands.docs import FILE_REQUESTS, KINDS_IN_GRAPH, static_page

PAGE = Path(DOCS_INDEX_FILE_PATH).read_text(encoding="utf-8")


def test_no_text_of_the_project_ends_the_script() -> None:
    hostile = {"data": "/x</script><script>alert('é')</script><!--", "n": 'CATALOG.JSON "'}
    manifest, catalog = (json.dumps({kind: hostile}) for kind in ("manifest", "catalog"))

    page = static_page(PAGE, manifest=manifest, catalog=catalog)

    for mark in ("<script", "</script", "<!--"):
        assert page.count(mark) == PAGE.count(mark)
    inlined = re.search(r"n=\{manifest:(\{.*?\}\}),catalog:(\{.*?\}\})\}", page)
    assert inlined
    assert [json.loads(text) for text in inlined.groups()] == [
        json.loads(manifest),
        json.loads(catalog),
    ]


def test_the_page_requests_no_missing_file_and_its_graph_starts_without_tests() -> None:
    page = static_page(PAGE, manifest="{}", catalog="{}")

    for replaced in FILE_REQUESTS | KINDS_IN_GRAPH:
        assert replaced in PAGE
        assert replaced not in page
