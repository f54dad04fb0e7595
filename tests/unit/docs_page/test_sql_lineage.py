"""The inputs of the columns of a query."""

from __future__ import annotations

import pytest

from reelhouse.docs_page.sql_lineage import inputs_of_select
from reelhouse.errors import ReelhouseError

TABLES = {"lake.t": ["id", "a", "b", "xs", "ys"], "lake.u": ["id", "c"]}


def traced(sql: str, *described: str) -> dict[str, list[str]]:
    inputs = inputs_of_select(sql, TABLES, described)
    return {
        name: [f"{table.removeprefix('lake.')}.{column}" for table, column in found]
        for name, found in inputs.items()
    }


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select a, 1 as one from lake.t", {"a": ["t.a"], "one": []}),
        ("select a + b as s from lake.t where id > 1", {"s": ["t.a", "t.b"]}),
        (
            "with x as (select * from lake.t), y as (select id, a as v from x) select * from y",
            {"id": ["t.id"], "v": ["t.a"]},
        ),
        (
            "select id, a as v from lake.t union all select id, c from lake.u",
            {"id": ["t.id", "u.id"], "v": ["t.a", "u.c"]},
        ),
        # The ids of both sides are equal.
        (
            "select id, c from lake.t left join lake.u using (id)",
            {"id": ["t.id"], "c": ["u.c"]},
        ),
        (
            "select id from lake.t full join lake.u using (id)",
            {"id": ["t.id", "u.id"]},
        ),
        (
            "select coalesce(t.id, u.id) as id from lake.t left join lake.u using (id)",
            {"id": ["t.id", "u.id"]},
        ),
        (
            "select row_number() over (partition by id order by a) as n from lake.t",
            {"n": ["t.a", "t.id"]},
        ),
        ("select id, count(*) as n from lake.t group by id", {"id": ["t.id"], "n": ["t.*"]}),
        (
            "with x as (select id from lake.t where a > 1) select count(*) as n from x",
            {"n": ["t.*"]},
        ),
        (
            "select a, (select max(c) from lake.u where u.id = t.id) as m from lake.t",
            {"a": ["t.a"], "m": ["t.id", "u.c", "u.id"]},
        ),
        (
            "select a, (select count(*) from lake.u) as n from lake.t",
            {"a": ["t.a"], "n": ["u.*"]},
        ),
        ("select transform(xs, x -> x + a) as v from lake.t", {"v": ["t.a", "t.xs"]}),
        (
            "select stack(2, 'a', a, 'b', b) as (word, v) from lake.t",
            {"word": ["t.a", "t.b"], "v": ["t.a", "t.b"]},
        ),
        (
            "with x as (select posexplode(arrays_zip(xs, ys)) as (n, row) from lake.t)"
            " select n, row.xs as x, row.ys as y from x",
            {"n": ["t.xs", "t.ys"], "x": ["t.xs"], "y": ["t.ys"]},
        ),
        (
            "with x as (select id, a, b from lake.t)"
            " select id, word, v from x unpivot (v for word in (a, b as bee))",
            {"id": ["t.id"], "word": ["t.a", "t.b"], "v": ["t.a", "t.b"]},
        ),
        ("select x.v from lake.t lateral view explode(xs) x as v", {"v": ["t.xs"]}),
    ],
)
def test_an_output_comes_from_its_inputs(sql: str, expected: dict[str, list[str]]) -> None:
    assert traced(sql) == expected


def test_a_function_of_several_columns_gives_the_described_columns() -> None:
    sql = "select 't' as name, inline(array(struct(max(a) as most, min(b) as least))) from lake.t"
    found = traced(sql, "name", "most", "least")
    assert found == {"name": [], "most": ["t.a", "t.b"], "least": ["t.a", "t.b"]}


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("select (", "the columns of a query cannot be traced"),
        ("values (1, 2)", "a statement other than SELECT"),
        ("show tables", "a statement other than SELECT"),
        ("select zz, a from lake.t join lake.unknown using (id)", "zz belongs to no known table"),
    ],
)
def test_a_query_that_cannot_be_traced_is_refused(sql: str, message: str) -> None:
    with pytest.raises(ReelhouseError, match=message):
        inputs_of_select(sql, TABLES)
