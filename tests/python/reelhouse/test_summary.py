from reelhouse.query import LakeSession
from reelhouse.summary import rejected_words, summary_lines


def test_the_summary_says_what_came_out_beside_its_baselines(session: LakeSession) -> None:
    lines = summary_lines(session)
    text = "\n".join(lines)

    assert len(lines) <= 15
    assert max(map(len, lines)) <= 100
    assert "2,500 kept, 0 rejected" in text
    assert "RMSE 0.9134 (als_residual), best baseline 0.9423 (damped_bias)" in text
    assert "NDCG@10 0.2812 (als_graded), popularity 0.1812" in text
    assert str(session.lake) in text
    assert 'make sql Q="' in text


def test_the_commonest_reasons_of_rejected_ratings_are_named() -> None:
    counts = [(1200, "duplicate_pair"), (7, "user_id_missing"), (3, "rating_missing"), (1, "other")]

    assert rejected_words([]) == "0 rejected"
    assert rejected_words(counts) == (
        "1,211 in rejected_ratings: 1,200 duplicate_pair, 7 user_id_missing, 3 rating_missing, …"
    )
