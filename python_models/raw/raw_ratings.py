from reelhouse.ingest.forgotten_rows import withhold_forgotten
from reelhouse.ingest.formats import MODEL
from reelhouse.ingest.raw_files import file_with_role
from reelhouse.ingest.readers import read_ratings


def model(dbt, spark):
    file = file_with_role(dbt.ref("raw_files"), "ratings")
    rows = dbt.ref("raw_interactions") if file.format == MODEL else None
    return withhold_forgotten(read_ratings(spark, file, rows))
