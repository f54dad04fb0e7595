"""Tables of papers: metrics by hand, protocols, and which table a folder fits."""

import json
import shutil

import numpy as np
import pytest

from benchmarks.published import lists, metrics, protocols, splits, tables
from benchmarks.published.read import read_source
from benchmarks.published.run import measure
from reelhouse.algorithms.rating_rows import RatingRows
from reelhouse.errors import ReelhouseError
from reelhouse.paths import DATA

# The first user has 3 relevant movies, the second one has 1.
HITS = np.array([[True, False], [False, True]])
RELEVANT = np.array([3, 1])
SECOND = 1 / np.log2(3)


@pytest.fixture(scope="module")
def movielens():
    rows = np.loadtxt(DATA / "ml-100k" / "u.data", dtype=np.int64)[:, :3]
    return RatingRows(rows[:, 0], rows[:, 1], rows[:, 2].astype(float))


@pytest.mark.parametrize(
    ("metric", "first", "second"),
    [
        (metrics.precision, 1 / 2, 1 / 2),
        (metrics.recall, 1 / 3, 1),
        (metrics.capped_recall, 1 / 2, 1),
        (metrics.ndcg, 1 / (1 + SECOND), SECOND),
        (metrics.ndcg_with_full_ideal, 1 / (1 + SECOND + 1 / 2), SECOND),
    ],
)
def test_a_metric_is_the_mean_of_its_values_by_hand(metric, first, second):
    assert metric(HITS, RELEVANT) == pytest.approx((first + second) / 2)


def test_u1_to_u5_are_consecutive_fifths(movielens):
    folds = list(splits.folds_in_file_order(movielens))
    assert [len(fold.test.values) for fold in folds] == [20_000] * 5
    # Known of u1.test: it has the users 1 to 462.
    assert folds[0].test.user_ids.max() == 462
    assert (np.concatenate([fold.test.user_ids for fold in folds]) == movielens.user_ids).all()


def test_recbole_splits_each_user_and_hides_the_validation_rows(movielens):
    protocol = protocols.recbole(movielens)
    fitted, known, hidden, tested = protocol.evaluated
    assert fitted.shape[0] == tested.shape[0]
    counts = np.diff(tested.indptr) + np.diff(hidden.indptr)
    assert counts.min() >= 10
    assert (np.diff(tested.indptr) == counts // 10).all()
    assert (np.diff(known.indptr) == counts - 2 * (counts // 10)).all()
    assert np.bincount(np.concatenate([hidden.indices, tested.indices])).min() >= 10
    assert hidden.multiply(tested).nnz == 0


def test_mult_vae_tests_users_that_are_not_fitted(movielens):
    protocol = protocols.mult_vae(movielens)
    fitted, known, hidden, tested = protocol.evaluated
    held_out = fitted.shape[0] - np.count_nonzero(np.diff(fitted.indptr))
    assert held_out == 2 * (fitted.shape[0] // 10)
    shares = np.diff(tested.indptr) / (np.diff(tested.indptr) + np.diff(known.indptr))
    assert 0.1 < shares.mean() <= 0.2
    assert (known != hidden).nnz == 0
    assert known.multiply(tested).nnz == 0


@pytest.fixture(scope="module")
def ranked(movielens):
    """Metrics by algorithm on u1, all ratings positive."""
    fold = next(splits.folds_in_file_order(movielens))
    protocol = protocols.given_pair(fold)
    choice = lists.choose(protocol.validated, protocol.liked_from)
    wanted = {"ndcg": (metrics.ndcg, 10)}
    found = lists.evaluate(choice, protocol.evaluated, protocol.liked_from, wanted)
    return {algorithm: value for algorithm, _, value in found}


def test_a_blend_chosen_on_validation_rows_ranks_best(ranked):
    assert ranked["blend"] > max(value for name, value in ranked.items() if name != "blend") - 0.002
    assert ranked["popularity"] < 0.6 * ranked["blend"]


def test_an_edited_or_unknown_data_set_is_refused(movielens):
    part = RatingRows(*(column[:50_000] for column in movielens))
    source = tables.Source(part, [])
    with pytest.raises(ReelhouseError, match="no published table fits 50,000 ratings"):
        tables.tables_of(source)


def test_a_folder_is_recognised_by_its_ratings_and_its_folds(tmp_path, movielens):
    assert tables.tables_of(read_source("ml-100k")) == [tables.U1_TO_U5]
    lines = (DATA / "ml-100k" / "u.data").read_text().splitlines(keepends=True)
    (tmp_path / "train.tsv").write_text("".join(lines[20_000:]))
    (tmp_path / "test.tsv").write_text("".join(lines[:20_000]))
    source = read_source(str(tmp_path))
    assert tables.tables_of(source) == [tables.DACREMA]
    (fold,) = source.folds
    assert (fold.test.movie_ids == movielens.movie_ids[:20_000]).all()
    assert (fold.train.values == movielens.values[20_000:]).all()
    shutil.copy(tmp_path / "test.tsv", tmp_path / "valid.tsv")
    with pytest.raises(ReelhouseError, match=r"fits 120,000 ratings \(number of given folds: 1\)"):
        tables.tables_of(read_source(str(tmp_path)))


def test_ours_are_printed_and_written_beside_the_published_figures(tmp_path, capsys):
    assert measure(tmp_path, "", limit=10_000) == 0
    rows = json.loads((tmp_path / "published.json").read_text())
    keys = ["table", "algorithm", "metric", "value", "published", "source"]
    assert [list(row) for row in rows] == [keys] * 3
    (ours,) = (row for row in rows if row["algorithm"] == "bayesian_mf")
    assert ours["table"] == "ml-100k u1-u5"
    assert (ours["metric"], ours["published"]) == ("rmse", 0.8822)
    assert ours["source"].startswith("myFM")
    biased = next(row["value"] for row in rows if row["algorithm"] == "damped_bias")
    assert 0.8 < ours["value"] < 1.01 * biased
    assert f"| bayesian_mf | rmse | {ours['value']:.4f} | 0.8822 | myFM" in capsys.readouterr().out


def test_without_ratings_that_fit_the_command_fails_with_a_remedy(tmp_path, capsys):
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating\n1,2,3\n1,3,4\n")
    assert measure(tmp_path, str(tmp_path), limit=None) == 1
    assert "no published table fits 2 ratings" in capsys.readouterr().err
