"""The files of dbt for a made-up project: ratings, a fit in Python, lists, a seed and tests."""

from __future__ import annotations

from typing import Any

from reelhouse.docs_page.artifacts import Artifacts

HOSTILE = "</script><script>document.title = 'hacked'</script><!-- {{ content }} `a` 'b' \"c\""

RAW = {"user_id": "Id.", "rating": HOSTILE}
STAGED = {"user_id": "Id.", "rating": "The rating of the user, `score` in `lists`."}
FACTORS = {"side": "A word.", "id": "Id.", "factors": "A vector."}
LISTS = {"user_id": "", "score": "Score. `factors.factors` gives it."}
LISTS_SQL = """
with factors as (select * from lake.factors)

select factors.id as user_id, factors.factors[0] as score from factors
"""
FROM_RATINGS = {"from": {"stg_ratings": ["user_id", "rating"]}, "rows_from": {"grid": "name"}}


def node(path: str, columns: dict[str, str], reads: tuple[str, ...] = (), **more: Any) -> Any:
    """Return a model or a seed as the manifest has it; ``more`` replaces its attributes."""
    folder, *_, file = path.split("/")
    name, _, suffix = file.rpartition(".")
    kind = "seed" if suffix == "csv" else "model"
    return {
        "unique_id": f"{kind}.shop.{name}",
        "name": name,
        "package_name": "shop",
        "resource_type": kind,
        "original_file_path": path,
        "relation_name": f"lake.{name}",
        "language": "python" if suffix == "py" else "sql",
        "description": f"One row per {folder} {{{{ x }}}}. {HOSTILE}",
        "columns": {
            key: {"name": key, "description": text, "data_type": "", "config": {}}
            for key, text in columns.items()
        },
        "config": {"materialized": "table", "meta": {}},
        "depends_on": {"nodes": list(reads)},
        "raw_code": "",
        "compiled_code": "",
        **more,
    }


def test_node(name: str, kind: str, reads: str, **more: Any) -> Any:
    """Return a data test or a unit test as the manifest has it."""
    return {
        "unique_id": f"{kind}.shop.{name}",
        "name": name,
        "resource_type": kind,
        "original_file_path": f"tests/{name}.sql",
        "description": "",
        "depends_on": {"nodes": [reads]},
        "compiled_code": "select 1",
        **more,
    }


test_node.__test__ = False  # type: ignore[attr-defined]


def small_manifest() -> dict[str, Any]:
    factors = node(
        "python_models/fits/factors.py",
        FACTORS,
        ("model.shop.stg_ratings", "seed.shop.grid"),
        raw_code='def model(dbt, spark):\n    return fit(dbt.ref("stg_ratings"))  # text',
        config={"materialized": "table", "meta": FROM_RATINGS},
    )
    factors["columns"]["side"]["config"] = {"meta": {"from": {}}}
    factors["columns"]["id"]["config"] = {"meta": {"from": {"stg_ratings": "user_id"}}}
    nodes = [
        node(
            "models/lists/lists.sql",
            LISTS,
            ("model.shop.factors",),
            raw_code="select * from {{ ref('factors') }} -- text",
            compiled_code=LISTS_SQL,
        ),
        factors,
        node(
            "models/staging/stg_ratings.sql",
            STAGED,
            ("model.shop.raw_ratings",),
            compiled_code="select user_id, cast(rating as double) as rating from lake.raw_ratings",
        ),
        node(
            "python_models/raw/raw_ratings.py",
            RAW,
            config={"materialized": "table", "meta": {"from": "files"}},
        ),
        node("seeds/grid.csv", {"name": "A name."}, config={"column_types": {"name": "string"}}),
        test_node(
            "primary_key_lists_user_id",
            "test",
            "model.shop.lists",
            attached_node="model.shop.lists",
            test_metadata={"name": "primary_key", "kwargs": {"columns": ["user_id"]}},
        ),
        test_node("no_score_is_lost", "test", "model.shop.lists", attached_node=None),
    ]
    unit_tests = [test_node("a_tie_keeps_the_lower_id", "unit_test", "model.shop.lists")]
    return {
        "metadata": {
            "project_name": "shop",
            "dbt_version": "1.11.0",
            "generated_at": "2026-11-29T08:00:00Z",
        },
        "nodes": {each["unique_id"]: each for each in nodes},
        "sources": {},
        "unit_tests": {each["unique_id"]: each for each in unit_tests},
        "docs": {
            "doc.shop.__overview__": {
                "block_contents": "# Shop\n\nThe *shop*: `lists`.\n\n## First\n\n- `lists`: lists\n"
            },
            "doc.shop.stage_raw": {"block_contents": f"Files. {HOSTILE}"},
        },
        "exposures": {
            "exposure.shop.app": {
                "name": "app",
                "label": None,
                "type": "application",
                "description": HOSTILE,
                "owner": {"name": "Team", "email": None},
                "url": None,
                "depends_on": {"nodes": ["model.shop.lists"]},
            }
        },
    }


def small_project() -> Artifacts:
    types = {"user_id": {"name": "user_id", "index": 0, "type": "bigint"}}
    return Artifacts(
        small_manifest(),
        {"nodes": {"model.shop.lists": {"columns": types}}, "sources": {}},
        {
            "test.shop.primary_key_lists_user_id": {
                "status": "pass",
                "message": None,
                "at": "2026-11-29T07:00:00Z",
            },
            "test.shop.no_score_is_lost": {
                "status": "fail",
                "message": f"Got 3 results {HOSTILE}",
                "at": "2026-11-29T07:00:00Z",
            },
        },
    )
