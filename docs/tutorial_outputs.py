"""Write the outputs of docs/tutorial.md again, from the lake of a default build.

Run as ``.venv/bin/python docs/tutorial_outputs.py`` after ``make build``. The queries and commands
of docs/tutorial.md run on the lake that REELHOUSE_LAKE names. docs/tutorial.fr.md gets the same
blocks. Sentences that name a figure are not changed.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import sys
from pathlib import Path

from reelhouse.cli import main as reelhouse
from reelhouse.lake.catalog import lake_folder
from reelhouse.lake.print_query import print_query
from reelhouse.lake.session import LakeSession

PAGE, TRANSLATION = (Path(__file__).with_name(name) for name in ("tutorial.md", "tutorial.fr.md"))
QUERY = re.compile(r"^```sql\n(.*?)^```\n\n```text\n.*?^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(
    r"^```console\n\$ (\.venv/bin/reelhouse [^\n]*)\n.*?^```$", re.MULTILINE | re.DOTALL
)
BLOCK = re.compile(r"^```\w*\n.*?^```$", re.MULTILINE | re.DOTALL)


def main() -> int:
    """Write both pages; return the exit code."""
    text, translated = PAGE.read_text(), TRANSLATION.read_text()
    count, translated_count = (len(BLOCK.findall(page)) for page in (text, translated))
    if count != translated_count:
        print(
            f"error: {PAGE.name} has {count} blocks, and {TRANSLATION.name} has {translated_count}:"
            " add or remove blocks, so that both have the same",
            file=sys.stderr,
        )
        return 1
    with LakeSession(lake_folder()) as session:
        text = QUERY.sub(lambda found: _query_with_output(session, found[1]), text)
    text = COMMAND.sub(lambda found: _command_with_output(found[1]), text)
    blocks = iter(BLOCK.findall(text))
    PAGE.write_text(text)
    TRANSLATION.write_text(BLOCK.sub(lambda _: next(blocks), translated))
    print(f"written: {count} blocks in {PAGE} and {TRANSLATION}")
    return 0


def _query_with_output(session: LakeSession, query: str) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as output:
        print_query(session, query)
    return f"```sql\n{query}```\n\n```text\n{output.getvalue()}```"


def _command_with_output(command: str) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as output:
        code = reelhouse(shlex.split(command)[1:])
    if code != 0:
        raise SystemExit(code)
    text = output.getvalue().replace(str(lake_folder()), "lake").strip("\n")
    return f"```console\n$ {command}\n{text}\n```"


if __name__ == "__main__":
    sys.exit(main())
