"""The routes of the page about the lake: its tables, its releases, and a box for queries."""

from __future__ import annotations

from functools import partial
from typing import Any

from anyio import CapacityLimiter, from_thread, to_thread
from fastapi import APIRouter, HTTPException, Request

from reelhouse.explorer.answers import Table
from reelhouse.explorer.lake_answers import (
    LakePage,
    LakeTable,
    QueryLimits,
    QueryResult,
    ReleaseChanges,
)
from reelhouse.explorer.lineage import tables_read
from reelhouse.explorer.query_box import BOX_LIMITS, Query, QueryBox
from reelhouse.explorer.state import LakeState
from reelhouse.lake.catalog import NAMESPACE
from reelhouse.lake.cluster import Lake
from reelhouse.lake.evaluations import evaluating_releases
from reelhouse.lake.metadata_files import current_snapshot, read_metadata
from reelhouse.lake.release_changes import COLUMNS as CHANGE_COLUMNS
from reelhouse.lake.release_changes import METRIC_COLUMNS, metric_changes, table_changes
from reelhouse.lake.release_rows import COLUMNS as RELEASE_COLUMNS
from reelhouse.lake.release_rows import release_row
from reelhouse.lake.releases import NoReleaseError, find_release, previous_release, releases_of
from reelhouse.lake.session import LakeSession
from reelhouse.paths import DOCUMENTATION, ROOT, TARGET

STAGES = (
    *("raw", "staging", "ratings", "splits", "tuning", "fits", "recommendations", "evaluation"),
    *("exploration", "seeds"),
)
"""The folders of the models, in the order of the data, and the seeds."""
MANIFEST = TARGET / "manifest.json"


def lake_routes(state: LakeState, box: QueryBox) -> APIRouter:
    """Return the routes of the page about the lake."""
    routes = APIRouter(prefix="/api")
    box_limiter, changes_limiter = CapacityLimiter(1), CapacityLimiter(1)

    @routes.get("/lake")
    async def lake() -> LakePage:
        """Return the tables with their numbers of rows and descriptions, and the releases."""
        page: LakePage = await state.run(lambda each: each.cached("lake", _lake_page))
        # `make docs` may have run since.
        return page.model_copy(update={"has_documentation": DOCUMENTATION.is_file()})

    @routes.get("/releases/{release}/changes")
    async def changes(release: str) -> ReleaseChanges:
        """Return what a release has changed; the rows of all tables are compared."""
        return await to_thread.run_sync(_changes, state.lake, release, limiter=changes_limiter)

    @routes.post("/sql")
    async def sql(query: Query, request: Request) -> QueryResult:
        """Run one SELECT statement with limits of time, memory and rows.

        A query whose client leaves is stopped, or does not start.
        """
        has_left = partial(from_thread.run, request.is_disconnected)
        return await to_thread.run_sync(box.run, query, has_left, limiter=box_limiter)

    return routes


def _lake_page(state: LakeState) -> LakePage:
    catalog, stages = state.session.catalog, _stages()
    reads = tables_read(MANIFEST, catalog.names())
    tables = []
    for (namespace, name), location in sorted(catalog.tables.items()):
        if namespace == NAMESPACE:
            metadata = read_metadata(location)
            tables.append(
                LakeTable(
                    name=name,
                    stage=stages.get(name, ""),
                    rows=_row_count(metadata),
                    description=metadata.get("properties", {}).get("comment", ""),
                    columns=_columns(metadata),
                    reads=reads.get(name, []),
                )
            )
    tables.sort(key=lambda table: STAGES.index(table.stage) if table.stage in STAGES else 99)
    releases = releases_of(state.lake)
    evaluating = evaluating_releases(state.lake)
    rows = [list(release_row(state.session, each, releases, evaluating)) for each in releases]
    return LakePage(
        folder=str(state.lake),
        tables=tables,
        views=sorted(catalog.views),
        releases=Table(columns=list(RELEASE_COLUMNS), rows=rows),
        query_limits=QueryLimits(**BOX_LIMITS._asdict()),
    )


def _stages() -> dict[str, str]:
    """Return the stage of each model and seed, which is its folder."""
    models = [*ROOT.glob("models/*/**/*.yml"), *ROOT.glob("python_models/*/**/*.yml")]
    found = {file.stem: file.relative_to(ROOT).parts[1] for file in models}
    return found | {file.stem: "seeds" for file in ROOT.glob("seeds/*.yml")}


def _row_count(metadata: dict[str, Any]) -> int:
    snapshot = current_snapshot(metadata)
    return int(snapshot["summary"].get("total-records", 0)) if snapshot else 0


def _columns(metadata: dict[str, Any]) -> list[tuple[str, str]]:
    schemas = {schema["schema-id"]: schema for schema in metadata["schemas"]}
    fields = schemas[metadata["current-schema-id"]]["fields"]
    return [(field["name"], field.get("doc", "")) for field in fields]


def _changes(lake: Lake, release: str) -> ReleaseChanges:
    try:
        chosen = find_release(lake, release)
    except NoReleaseError as error:
        raise HTTPException(404, str(error)) from error
    before = previous_release(releases_of(lake), chosen)
    tables, metrics = Table(columns=list(CHANGE_COLUMNS), rows=[]), Table(columns=[], rows=[])
    if before is not None:
        with LakeSession(lake) as session:
            rows = table_changes(session, before.catalog, chosen.catalog)
            tables.rows = [list(row) for row in rows]
            found = metric_changes(session, before.catalog, chosen.catalog)
            if found is not None:
                metrics.columns = list(METRIC_COLUMNS)
                metrics.rows = [list(row) for row in found]
    return ReleaseChanges(
        release=chosen.catalog,
        before=before.catalog if before else None,
        tables=tables,
        metrics=metrics,
    )
