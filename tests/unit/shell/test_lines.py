"""Lines of `reelhouse shell`."""

import pytest

from reelhouse.errors import ReelhouseError
from reelhouse.shell.lines import DBT, HELP, QUIT, REELHOUSE, SQL, Line, check_target, parse_line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("run --select movies+", Line(DBT, ["run", "--select", "movies+"], {})),
        ("dbt run -s movies", Line(DBT, ["run", "-s", "movies"], {})),
        ("dbt", Line(DBT, ["--help"], {})),
        ("--quiet ls", Line(DBT, ["--quiet", "ls"], {})),
        (
            "run --vars '{seed: 7}' -s path:models/raw",
            Line(DBT, ["run", "--vars", "{seed: 7}", "-s", "path:models/raw"], {}),
        ),
        ("build", Line(DBT, ["build"], {})),
        ("ls --target-path t", Line(DBT, ["ls", "--target-path", "t"], {})),
        ("update", Line(REELHOUSE, ["update"], {})),
        ("reelhouse build", Line(REELHOUSE, ["build"], {})),
        ("history --release=2", Line(REELHOUSE, ["history", "--release=2"], {})),
        (
            "REELHOUSE_PUBLISH=yes A= build -s movies",
            Line(DBT, ["build", "-s", "movies"], {"REELHOUSE_PUBLISH": "yes", "A": ""}),
        ),
        ("sql  from movies", Line(SQL, ["from movies"], {})),
        ("SELECT 'it''s';", Line(SQL, ["SELECT 'it''s';"], {})),
        ("with a as (select 1) from a", Line(SQL, ["with a as (select 1) from a"], {})),
        ("help", Line(HELP, [], {})),
        ("quit", Line(QUIT, [], {})),
        (".quit", Line(QUIT, [], {})),
    ],
)
def test_a_line_is_a_command_or_a_query(text: str, line: Line) -> None:
    assert parse_line(text) == line


@pytest.mark.parametrize("text", ["", "   ", "# run --select movies"])
def test_blank_lines_and_comments_ask_for_nothing(text: str) -> None:
    assert parse_line(text) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("runn -s movies", "no command runn: did you mean run?"),
        ("frobnicate", "no command frobnicate: help lists the commands"),
        ("run --vars '{a: 1}", "No closing quotation: close the quote"),
        ("sql", "type a query after sql"),
        ("REELHOUSE_PUBLISH=yes", "a variable counts for one command"),
        ("REELHOUSE_MEMORY=8g run", "leave the shell, and start it again with REELHOUSE_MEMORY=8g"),
        ("REELHOUSE_LAKE=/other run", "Spark reads REELHOUSE_LAKE when it starts"),
        ("reelhouse clean", "type other commands of reelhouse in a terminal"),
        ("run -s movies --target cluster", "a shell has one target, so --target has no effect"),
        ("run -t=cluster", "so -t=cluster has no effect"),
        ("reelhouse build --target=cluster", "so --target=cluster has no effect"),
        ("ls --profiles-dir /other", "so --profiles-dir has no effect"),
        ("reelhouse", "the shell runs reelhouse build, docs"),
        ("\x1b[2Jrun", r"no command \x1b[2Jrun"),
    ],
)
def test_an_invalid_line_says_what_to_type(text: str, message: str) -> None:
    with pytest.raises(ReelhouseError) as raised:
        parse_line(text)
    assert message in str(raised.value)


@pytest.mark.parametrize("line", [Line(SQL, ["from movies"], {}), Line(REELHOUSE, ["build"], {})])
def test_the_shell_of_another_target_does_not_touch_the_local_lake(line: Line) -> None:
    check_target(line, "")
    check_target(line, "local")
    check_target(Line(DBT, ["build"], {}), "cluster")
    with pytest.raises(ReelhouseError, match="the target of this shell is cluster"):
        check_target(line, "cluster")
