"""Rows of a matrix as Arrow lists, whose offsets are 32-bit integers."""

import numpy as np
import pyarrow as pa
import pytest

from dbt_spark_session.frames import from_arrow
from reelhouse.algorithms.tables import FACTORS
from reelhouse.arrow import constant_table, list_array, stream


@pytest.mark.parametrize("shape", [(0, 4), (1, 4), (7, 4), (8, 4), (7, 1), (3, 0), (2, 90)])
def test_lists_are_the_rows_in_chunks_of_bounded_length(shape):
    matrix = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    lists = list_array(matrix, most_values=16)
    assert lists.type == pa.list_(pa.float32())
    assert lists.to_pylist() == matrix.tolist()
    longest = max(len(chunk.values) for chunk in lists.chunks)
    assert longest <= max(16, shape[1])


def test_spark_reads_lists_in_chunks(spark):
    matrix = np.arange(28, dtype=np.float32).reshape(7, 4)
    some = constant_table(
        FACTORS, 7, side="user", id=np.arange(7), factors=list_array(matrix, most_values=8)
    )
    table = pa.concat_tables([FACTORS.empty_table(), some, some.slice(3)])
    assert table["factors"].num_chunks > 4
    rows = from_arrow(table, spark).select("id", "factors").collect()
    assert sorted(map(tuple, rows)) == sorted(
        (i, matrix[i].tolist()) for i in [*range(7), *range(3, 7)]
    )


def test_a_stream_computes_a_table_when_its_rows_are_read():
    computed = []

    def tables():
        for number in range(3):
            computed.append(number)
            yield pa.table({"id": [number]})

    reader = stream(pa.schema({"id": pa.int64()}), tables())
    assert computed == []
    assert reader.read_next_batch().to_pylist() == [{"id": 0}]
    assert computed == [0]
    assert reader.read_all().to_pydict() == {"id": [1, 2]}
