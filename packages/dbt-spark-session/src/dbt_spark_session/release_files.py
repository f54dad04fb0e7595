"""Whether the files of a table of a release are still there."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from dbt_spark_session.errors import spark_message
from dbt_spark_session.java_catalog import JavaCatalog


def missing_file(catalog: JavaCatalog, location: str) -> str | None:
    """Return what is missing of the current snapshot of a table; None if all files exist.

    Args:
        catalog: the catalog of the table.
        location: the metadata file of the table.
    """
    iceberg: Any = catalog.jvm.org.apache.iceberg
    files = iceberg.ManifestFiles
    io = catalog.file_io()
    try:
        metadata = iceberg.TableMetadataParser.read(io, location)
        snapshot, specs = metadata.currentSnapshot(), metadata.specsById()
        for manifest in snapshot.allManifests(io) if snapshot is not None else ():
            has_deletes = manifest.content().toString() == "deletes"
            # readPaths refuses manifests of delete files.
            read = files.readDeleteManifest if has_deletes else files.readPaths
            with closing(read(manifest, io, specs)) as found:
                for each in found.iterator():
                    path = str(each.path() if has_deletes else each)
                    if not io.newInputFile(path).exists():
                        return path
    except Exception as error:  # a metadata file or a manifest is missing or damaged
        return spark_message(error)
    return None
