"""Write the current rows of an Iceberg table again, as a table with one snapshot."""

from collections.abc import Callable
from contextlib import closing

import pyarrow as pa
from pyiceberg.catalog.memory import InMemoryCatalog
from pyiceberg.table import StaticTable


def rewrite_table(
    location: str,
    tags: list[str],
    change: Callable[[pa.RecordBatch], pa.RecordBatch] = lambda rows: rows,
) -> str:
    """Write the rows of the current snapshot of a table to new files beside the old ones.

    Args:
        location: a metadata file, whose table stays as it is.
        tags: tags of the new snapshot.
        change: function of some rows that returns the rows to write instead.

    Returns:
        The metadata file of the new table, which is in the same folder.
    """
    old = StaticTable.from_metadata(location)
    batches = old.scan().to_arrow_batch_reader()
    with closing(InMemoryCatalog("rewritten", warehouse=old.location())) as catalog:
        catalog.create_namespace("rewritten")
        new = catalog.create_table(
            "rewritten.table",
            old.schema(),
            old.location(),
            old.spec(),
            old.sort_order(),
            old.properties,
        )
        rows = pa.RecordBatchReader.from_batches(batches.schema, map(change, batches))
        # PyIceberg writes a partitioned table only from rows in memory.
        new.append(rows if old.spec().is_unpartitioned() else rows.read_all())
        snapshot = new.current_snapshot()
        for tag in tags:
            if snapshot is not None:
                new.manage_snapshots().create_tag(snapshot.snapshot_id, tag).commit()
        return new.metadata_location
