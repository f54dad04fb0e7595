from reelhouse.ingest.forgotten_rows import withhold_forgotten
from reelhouse.ingest.formats import MODEL
from reelhouse.ingest.raw_files import file_with_role
from reelhouse.ingest.readers import read_ratings
from reelhouse.ingest.versions import without_old_rows


def model(dbt, spark):
    file = file_with_role(dbt.ref("raw_files"), "ratings")
    if dbt.is_incremental:
        file = without_old_rows(file, table=str(dbt.this), spark=spark)
    rows = dbt.ref("raw_interactions") if file.format == MODEL else None
    return withhold_forgotten(read_ratings(spark, file, rows))
