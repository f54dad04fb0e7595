"""A lake has one data set."""

import pytest

from reelhouse.errors import ReelhouseError
from reelhouse.ingest.data_set import DataSet, choose_data_set


def test_a_lake_has_one_data_set() -> None:
    present = DataSet("ml-1m", "")
    assert choose_data_set("", "", None) == DataSet("ml-100k", "")
    assert choose_data_set("", "", present) == present
    assert choose_data_set("ml-1m", "", present) == present
    with pytest.raises(ReelhouseError, match=r"holds ml-1m, .*ml-25m, .*make clean"):
        choose_data_set("ml-25m", "", present)
    with pytest.raises(ReelhouseError, match="set DATA too"):
        choose_data_set("", "user_id=a", present)
    mapped = DataSet("/data/x.csv", "user_id=a")
    assert choose_data_set("/data/x.csv", " user_id = a ", mapped) == mapped
    assert choose_data_set("/data/x.csv", "", mapped) == mapped
    with pytest.raises(ReelhouseError, match=r"holds /data/x\.csv"):
        choose_data_set("/data/x.csv", "user_id=b", mapped)
