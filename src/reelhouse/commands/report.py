"""`reelhouse report`: write the evaluation as one static HTML page. Each plot shows its SQL."""

from __future__ import annotations

import html
import re
from pathlib import Path
from string import Template
from typing import Any

from reelhouse.commands.built_lake import open_built_lake
from reelhouse.commands.data_summary import kept_rows
from reelhouse.lake.cluster import shown_lake
from reelhouse.paths import TARGET, shown
from reelhouse.project import built_protocols
from reelhouse.serve.data_facts import data_name
from reelhouse.web.assets import WEB, as_one_script
from reelhouse.web.drawings import QueryRows, Styles
from reelhouse.web.findings import Finding, compared_query, findings
from reelhouse.web.plots import Plot, drawn, plots_of, styles_of_plots

PAGE = TARGET / "report.html"
TEMPLATE = Path(__file__).with_suffix(".html")
SCRIPT = as_one_script([WEB / "tables.js"])


def write_report() -> None:
    """Write target/report.html.

    Raises:
        ReelhouseError: an error of ``open_built_lake``.
    """
    protocol = built_protocols()[0]
    with open_built_lake(["model_comparison", "tuning_trials"]) as session:
        count, word = kept_rows(session)
        compared = session.execute(compared_query(protocol))
        columns = [name for name, *_ in compared.description]
        rows = compared.fetchall()
        plots = plots_of(protocol, has_ratings=word == "ratings")
        results = [(plot, session.execute(plot.sql).fetchall()) for plot in plots]
        summary = findings(session, protocol)
        name = session.scalar("select data from raw_files")
    styles = styles_of_plots([row[1] for row in rows if row[0] == protocol], results)
    values = {
        "data": html.escape(f"{name}, {count:,} {word}"),
        "lake": html.escape(shown_lake(session.lake)),
        "protocol": html.escape(protocol),
        "summary": "\n".join(_card(finding) for finding in summary),
        "sections": "\n".join(_section(plot, found, styles) for plot, found in results if found),
        "tables": "\n".join(_tables(columns, rows)),
        "script": SCRIPT,
    }
    PAGE.parent.mkdir(exist_ok=True)
    text = Template(TEMPLATE.read_text(encoding="utf-8")).substitute(values)
    PAGE.write_text(text, encoding="utf-8")
    print(f"written: {shown(PAGE)}, a page for any browser, of {data_name(name)}")


def _card(finding: Finding) -> str:
    parts = html.escape(finding.text).split("`")
    text = "".join(f"<code>{part}</code>" if i % 2 else part for i, part in enumerate(parts))
    return (
        f"<div><h2>{html.escape(finding.title)}</h2>"
        f'<p class="figure">{finding.figure}</p><p>{text}</p></div>'
    )


def _section(plot: Plot, rows: QueryRows, styles: Styles) -> str:
    return (
        f"<section><h2>{html.escape(plot.title)}</h2><p>{html.escape(plot.caption)}</p>\n"
        f"{drawn(plot, rows, styles)}\n"
        f"<details><summary>SQL</summary><pre>{html.escape(plot.query)}</pre></details></section>"
    )


def _tables(columns: list[str], rows: QueryRows) -> list[str]:
    """Return one table per protocol, without the columns that have no value."""
    tables = []
    for protocol in dict.fromkeys(row[0] for row in rows):
        ours = [row for row in rows if row[0] == protocol]
        shown_columns = [
            i for i in range(1, len(columns)) if any(row[i] is not None for row in ours)
        ]
        heads = "".join(_head(columns[i], [row[i] for row in ours]) for i in shown_columns)
        body = "\n".join(
            f"<tr>{''.join(_cell(row[i]) for i in shown_columns)}</tr>" for row in ours
        )
        name = html.escape(protocol)
        tables.append(
            f"<h3>Protocol <code>{name}</code></h3>\n"
            f'<div class="wide" tabindex="0" role="region" aria-label="Protocol {name}">'
            f"<table><thead><tr>{heads}</tr></thead><tbody>\n{body}\n</tbody></table></div>"
        )
    return tables


def _head(name: str, values: list[Any]) -> str:
    number = ' class="number"' if any(isinstance(value, float) for value in values) else ""
    text = re.sub("_(?=[a-z]{3})", "_<wbr>", html.escape(name))  # where a long name may break
    return f'<th aria-sort="none"{number}><button type="button">{text}</button></th>'


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f'<td class="number">{value:.4f}</td>'
    return f"<td>{'' if value is None else html.escape(value)}</td>"
