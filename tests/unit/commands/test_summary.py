import re
from pathlib import Path

import pyarrow as pa

from reelhouse.commands.summary import summary_lines
from reelhouse.lake.session import LakeSession
from tests.unit.lakes import TABLES, add_release, build_lake, replace_table


def test_the_summary_has_the_metrics_beside_their_baselines(session: LakeSession) -> None:
    lines = summary_lines(session)
    text = "\n".join(lines)

    assert len(text.splitlines()) <= 17
    assert max(len(line) for line in text.splitlines() if "make sql" not in line) <= 100
    assert "2,500 kept, 0 rejected" in text
    assert "times      none: protocols and algorithms that use times are skipped" in text
    assert "protocol   random\n" in text
    assert "RMSE 0.9134 (als_residual), best baseline 0.9423 (damped_bias)" in text
    assert "NDCG@10 0.2812 (als_graded), popularity 0.1812" in text
    assert (
        "chosen als_graded ranks, since it is the best of 5 algorithms on the validation rows;"
        " als_residual predicts, since the var rating_algorithm names it (table served_algorithms)"
    ) in " ".join(text.split())
    assert str(session.lake) in text
    assert "movies     1 in rejected_movies: 1 duplicate_movie" in text


def test_the_queries_to_type_next_have_the_best_rows_first(session: LakeSession) -> None:
    first, second = re.findall('make sql Q="(.*)"', "\n".join(summary_lines(session)))

    assert first.endswith("where user_id = 42 order by rank")
    assert [score for _, score in session.execute(first).fetchall()] == [0.5, 1 / 3]
    rows = session.execute(second).fetchall()
    assert [(protocol, algorithm) for protocol, algorithm, *_ in rows[:4]] == [
        ("global_time", "damped_bias"), ("random", "als_graded"), ("random", "popularity"),
        ("random", "als_residual"),
    ]  # fmt: skip


def test_an_algorithm_that_is_better_than_the_chosen_one_is_named(
    session: LakeSession,
) -> None:
    text = "\n".join(summary_lines(session))

    assert (
        "0.9001 by als_explicit, which is significantly better: set `rating_algorithm:"
        " als_explicit` in dbt_project.yml or run `make tune ALGORITHM=als_residual`"
    ) in " ".join(text.split())
    assert text.count("better") == 1


def summary_of(folder: Path, *rows: tuple[object, ...]) -> str:
    """Return the summary of a lake with rows of model_comparison, in the order of ``names``."""
    names = (
        "protocol", "algorithm", "rmse", "rmse_better_baseline", "ndcg_at_10",
        "ndcg_at_10_better_baseline",
    )  # fmt: skip
    schema = TABLES["model_comparison"].schema
    values = [dict(zip(names, row, strict=True)) for row in rows]
    compared = pa.Table.from_pylist(values, schema)
    lake = build_lake(folder / "lake", {**TABLES, "model_comparison": compared})
    with LakeSession(lake) as session:
        return "\n".join(summary_lines(session))


def test_no_warning_if_the_chosen_algorithms_beat_every_baseline(session: LakeSession) -> None:
    assert "warning" not in "\n".join(summary_lines(session))


def test_a_baseline_that_is_better_than_the_chosen_algorithm_is_a_warning(tmp_path: Path) -> None:
    text = summary_of(
        tmp_path,
        ("random", "als_residual", 4.97, "damped_bias", None, "popularity"),
        ("random", "als_explicit", 4.4, "damped_bias", None, None),
        ("random", "damped_bias", 4.32, None, None, None),
        ("random", "als_graded", None, None, 0.014, "popularity"),
        ("random", "als_implicit", None, None, 0.018, None),
        ("random", "popularity", None, None, 0.02, None),
    )

    assert (
        "\nwarning    als_residual predicts significantly worse than the baseline damped_bias"
        " under random\n"
        "           (RMSE 4.9700 against 4.3200): set `rating_algorithm: damped_bias` in"
        " dbt_project.yml or\n"
        "           run `make tune ALGORITHM=als_residual`, and build again\n"
    ) in text
    assert (
        "warning als_graded ranks significantly worse than the baseline popularity under random"
        " (NDCG@10 0.0140 against 0.0200): set `ranking_algorithm: popularity` in dbt_project.yml"
        " or run `make tune ALGORITHM=als_graded`, and build again"
    ) in " ".join(text.split())
    assert max(len(line) for line in text.splitlines() if "make sql" not in line) <= 100
    assert text.count("warning") == 2
    assert "significantly better:" not in text


def test_a_warning_names_another_protocol_and_the_best_algorithm(tmp_path: Path) -> None:
    text = summary_of(
        tmp_path,
        ("random", "als_graded", None, None, 0.3, None),
        ("random", "recent_popularity", None, None, 0.1, None),
        ("global_time", "als_graded", None, None, 0.1, "recent_popularity"),
        ("global_time", "recent_popularity", None, None, 0.2, None),
        ("global_time", "als_implicit", None, None, 0.25, None),
        ("global_time", "ease", None, None, 0.2, None),
    )

    assert (
        "warning als_graded ranks significantly worse than the baseline recent_popularity under"
        " global_time (NDCG@10 0.1000 against 0.2000): set `ranking_algorithm: als_implicit` in"
    ) in " ".join(text.split())


def test_an_algorithm_that_predicts_ratings_may_rank(tmp_path: Path) -> None:
    text = summary_of(
        tmp_path,
        ("random", "als_graded", None, None, 0.1, "popularity"),
        ("random", "popularity", None, None, 0.2, None),
        ("random", "bayesian_mf", 0.9, None, 0.25, None),
        ("random", "damped_bias", 1.0, None, 0.3, None),
    )
    assert "set `ranking_algorithm: bayesian_mf`" in text


def test_the_summary_of_events_speaks_of_events_and_predicts_nothing(tmp_path: Path) -> None:
    scale = TABLES["int_rating_scale"]
    no_scale = {"rating_min": [None], "rating_max": [None], "relevant_rating": [None]}
    kinds = {"has_ratings": [False], "has_strengths": [True]}
    served = TABLES["served_algorithms"]
    tables = {
        **TABLES,
        "int_rating_scale": pa.Table.from_pydict(
            scale.to_pydict() | no_scale | kinds, scale.schema
        ),
        "served_algorithms": served.filter([use != "rating" for use in served["use"].to_pylist()]),
    }
    with LakeSession(build_lake(tmp_path / "lake", tables)) as session:
        text = " ".join(" ".join(summary_lines(session)).split())

    assert "events 2,500 kept, 0 rejected" in text
    assert "weighted by their strengths" in text
    assert "rating not predicted, since the data has events" in text
    assert "predicts, since" not in text


def test_the_summary_names_the_release_and_tables_that_readers_do_not_see_yet(
    tmp_path: Path,
) -> None:
    lake = build_lake(tmp_path / "lake")
    add_release(lake, 1)
    with LakeSession(lake) as session:
        text = "\n".join(summary_lines(session))
        assert f"{len(TABLES)} in {lake}, release 1\n" in text
        assert "not published" not in text

        replace_table(lake, "recommendations", TABLES["recommendations"].slice(0, 1))
        text = " ".join(" ".join(summary_lines(session)).split())
    assert "newer 1 table has a version that is not published, such as recommendations: `" in text


def test_the_summary_counts_recommendations_that_are_new_since_the_last_release(
    tmp_path: Path,
) -> None:
    lists = [
        pa.table({"user_id": pa.array([7, 42], pa.int32()), "movie_id": pa.array(ids, pa.int32())})
        for ids in ([1, 2], [1, 3])
    ]
    lake = build_lake(tmp_path / "lake", {**TABLES, "recommendations": lists[0]})
    add_release(lake, 1)
    replace_table(lake, "recommendations", lists[1])
    add_release(lake, 2)

    with LakeSession(lake) as session:
        text = " ".join(" ".join(summary_lines(session)).split())

    assert (
        "changes 1 of 2 recommended movies are new since release 1"
        " (`make history RELEASE=2` has all changes)"
    ) in text
