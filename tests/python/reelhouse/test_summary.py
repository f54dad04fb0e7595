from reelhouse.query import LakeSession
from reelhouse.summary import summary_lines


def test_the_summary_says_what_came_out_beside_its_baselines(session: LakeSession) -> None:
    lines = summary_lines(session)
    text = "\n".join(lines)

    assert len(text.splitlines()) <= 15
    assert max(map(len, text.splitlines())) <= 100
    assert "2,500 kept, 0 rejected" in text
    assert "times      none, so that what goes by time is skipped" in text
    assert "protocol   random\n" in text
    assert "RMSE 0.9134 (als_residual), best baseline 0.9423 (damped_bias)" in text
    assert "NDCG@10 0.2812 (als_graded), popularity 0.1812" in text
    assert str(session.lake) in text
    assert 'make sql Q="' in text
    assert "where user_id = 42" in text
    assert "movies     1 in rejected_movies: 1 duplicate_movie" in text


def test_an_algorithm_that_is_better_than_the_one_that_people_read_is_named(
    session: LakeSession,
) -> None:
    text = "\n".join(summary_lines(session))

    assert "\n           0.9001 by als_explicit, which is better here\n" in text
    assert text.count("better") == 1
