"""Queries that the console runs, and queries that it refuses."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from reelhouse.lake.query_errors import QueryError
from reelhouse.lake.session import LakeSession
from tests.unit.lakes import build_lake


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LakeSession]:
    """Open a lake that only this file uses; a text file lies beside its warehouse."""
    lake = build_lake(tmp_path_factory.mktemp("lakes") / "lake")
    beside = lake / "warehouse2"
    beside.mkdir()
    (beside / "secret.txt").write_text("secret")
    with LakeSession(lake) as session:
        yield session


@pytest.mark.parametrize(
    "query",
    [
        "select * from read_csv('/etc/passwd')",
        "select * from read_text('/etc/passwd')",
        "select * from read_blob('{lake}/catalog.db')",
        "select * from read_text('{lake}/warehouse/../catalog.db')",
        "select * from read_text('{lake}/warehouse2/secret.txt')",
        "from '/etc/passwd'",
        "describe '/etc/passwd'",
        "select * from glob('/etc/*')",
        "select * from parquet_metadata('/etc/passwd')",
        "select * from iceberg_scan('/etc')",
        "from read_csv('http://127.0.0.1:9/x.csv')",
        "from read_duckdb('/etc/passwd')",
        "from query('copy (select 1) to ''{lake}/warehouse/stolen.csv''')",
        "from enable_logging('QueryLog', storage='file',"
        " storage_config={{'path': '{lake}/warehouse/log'}})",
        """select * from "enable_logging"/**/ ('QueryLog')""",
        "from query('from enable_' || 'logging(''QueryLog'')')",
        "from query /* /* */ ' */ ('select 1')",
        "from enable_profiling(format='json', save_location='{lake}/warehouse/p.json')",
        """select 1 as "'", * from enable_logging(storage_path='{lake}/warehouse/l')""",
        r"select E'\'', * from enable_logging(storage='file', storage_path='{lake}/warehouse/l')",
        "select $$'$$, * from enable_logging(storage='file', storage_path='{lake}/warehouse/l')",
        "select /* /* */ ' */ 1, * from enable_logging(storage_path='{lake}/warehouse/l') --'",
        "from json_execute_serialized_sql(json_serialize_sql('select 1'))",
        "/* /* */ explain select 1 -- */ explain analyze copy (select 1) to '{lake}/warehouse/x'",
        "explain (analyze ') select 1 --') copy (select 1) to '{lake}/warehouse/x'",
        "explain (analyze true) copy (select 1) to '{lake}/warehouse/x'",
        "explain (analyze); copy (select 1) to '{lake}/warehouse/x'",
        "explain\tanalyze/**/copy (select 1) to '{lake}/warehouse/x'",
        "select $$;$$; copy (select 1) to '{lake}/warehouse/x'",
        "select 1\0; copy (select 1) to '{lake}/warehouse/x'",
        "with a as (select 1) copy a to '{lake}/warehouse/x'",
        "from query\u200b($$from enable_logging('QueryLog')$$)",
        "from query\ufeff('select 1')",
        "from query\u2060('select 1')",
        'from "system"."main"."QUERY"(\'select 1\')',
        "describe select * from enable_logging('QueryLog')",
        "explain analyze from enable_logging('QueryLog')",
        "summarize from enable_logging('QueryLog')",
        "pivot (from enable_logging('QueryLog')) on a in (1) using count(*)",
        "with l as materialized (from enable_logging('QueryLog')) select 1",
        "select 1 where exists (from enable_logging('QueryLog'))",
        "select 1 limit (select 1 from enable_logging('QueryLog'))",
        "from range(3), lateral (from enable_logging('QueryLog'))",
        "from query_table('enable_logging()')",
        "from pandas_scan(1::bigint::pointer, 0, 0)",  # would follow the pointer
        "from checkpoint()",
        "import database '/etc'",  # DuckDB's Python client reads files as it parses it
        "pragma json_execute_serialized_sql(json_serialize_sql('select 1'))",
        "copy (select 1) to '{lake}/warehouse/stolen.csv'",
        "explain analyze copy (select 1) to '{lake}/warehouse/stolen.csv'",
        "/* select */ explain (analyze) copy (select 1) to '{lake}/warehouse/stolen.csv'",
        "select 1; copy (select 1) to '{lake}/warehouse/stolen.csv'",
        "export database '{lake}/warehouse/stolen'",
        "attach '{lake}/catalog.db' as stolen",
        "install httpfs",
        "load httpfs",
        "set enable_external_access = true",
        "reset allowed_directories",
        "create table recommendations2 as select 1",
        "create view v as select 1",
        "drop view recommendations",
        "insert into recommendations values (1)",
        "prepare p as select 1",
        "call pragma_version()",
        "use memory",
        "begin",
        "from session",  # a variable of this Python process
    ],
)
def test_a_query_reads_the_lake_and_nothing_else(session: LakeSession, query: str) -> None:
    lake = session.lake
    before = sorted(lake.rglob("*"))

    with pytest.raises(QueryError) as raised:
        session.execute(query.format(lake=lake)).fetchall()

    assert "secret" not in str(raised.value).replace("secret.txt", "")
    assert "\n" not in str(raised.value)
    assert sorted(lake.rglob("*")) == before


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("select count(*) from recommendations", 3),
        ("with r as (from recommendations) select count(*) from r;", 3),
        ("select count(*) from lake.reelhouse.recommendations", 3),
        ("SELECT count(*) FROM Recommendations", 3),
        ("select count(*) from rejected_ratings", 0),
        ("describe recommendations", "user_id"),
        ("summarize interactions", "user_id"),
        ("explain select 1", "physical_plan"),
        ("show tables", "int_rating_scale"),
        ("select min(table_name) from information_schema.tables", "int_rating_scale"),
        ("select current_setting('TimeZone')", "UTC"),
        ("select count(*) from (pivot recommendations on rank in (1, 2) using count(*))", 3),
        ("select 'query('", "query("),
        ("select 'query' as query -- query (", "query"),
        ("/* enable_logging */ select 'truncate_duckdb_logs'", "truncate_duckdb_logs"),
        ('select "query" from (select 1 as "query")', 1),
        ("select 1 as query_logging", 1),
        ("select $$it's; $$", "it's; "),
        (r"select E'\''", "'"),
        ("select 1;; -- the end;", 1),
        ("\ufeffselect\u00a01", 1),
        ("/* a */ " * 40 + "select 1", 1),
        ("select /* /* nested */ ; */ 1", 1),
        ("explain (select 1)", "physical_plan"),
        ("-- why\nEXPLAIN /* so */ from recommendations", "physical_plan"),
        ("explain analyze select count(*) from recommendations", "analyzed_plan"),
        ("explain (analyze, format json) select 1", "analyzed_plan"),
        ("explain describe recommendations", "physical_plan"),
        ("((select 1) union all (select 2)) order by 1", 1),
        ("table users", 7),
        ("values (1), (2)", 1),
        ("select * from (show tables)", "int_rating_scale"),
        ("from query_table('users')", 7),
        ("select count(*) from users positional join recommendations", 3),
        ("select " + " or ".join(f"{n} = 1" for n in range(900)), True),
        ("select len(list_transform([1, 2], lambda x: x + 1))", 2),
    ],
)
def test_a_query_that_reads_is_run(session: LakeSession, query: str, first: object) -> None:
    assert session.scalar(query) == first


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (
            "from recomendations",
            "no table recomendations in the lake: did you mean recommendations",
        ),
        ("from ratings", "did you mean rejected_ratings?"),
        ("from xyzzy", "name one of int_rating_scale, interactions, "),
        ("select usr_id from recommendations", '"usr_id" not found in FROM clause! Candidate'),
        ("select\n1 +\nfrom", 'at or near "from" (line 3)'),
        ("select title\nform recommendations", '"recommendations" (line 2)'),
        ("select title::int from recommendations", "Could not convert string"),
        ("pivot recommendations on rank using count(*)", "pivot … on … in (…)"),
        (" -- nothing", "an empty query"),
        ("select 1; select 2", "2 statements"),
    ],
)
def test_an_error_is_one_line_that_helps(session: LakeSession, query: str, said: str) -> None:
    with pytest.raises(QueryError) as raised:
        session.execute(query).fetchall()

    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_table_function_that_is_not_listed_is_refused(session: LakeSession) -> None:
    for name in ("duckdb_new", "parquet_new", "pragma_new"):
        with pytest.raises(QueryError, match=f"the table function {name} is not allowed"):
            session.execute(f"from {name}()")


def test_duckdbs_settings_alone_let_a_query_write(tmp_path: Path) -> None:
    """duckdb#26064. If this test fails, DuckDB is a sandbox, and statements.py may check less."""
    lake = build_lake(tmp_path / "lake")
    with LakeSession(lake) as session:
        copy = f"copy (select 1) to '{lake}/warehouse/written.csv'"
        with pytest.raises(QueryError, match="only SELECT statements, not COPY"):
            session.execute(copy)
        assert not (lake / "warehouse" / "written.csv").exists()

        session._connection.execute(copy)

        assert (lake / "warehouse" / "written.csv").exists()
