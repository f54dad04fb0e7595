from reelhouse.ingest.forgotten_rows import withhold_lines
from reelhouse.ingest.raw_files import file_with_role
from reelhouse.ingest.readers import read_tags


def model(dbt, spark):
    return withhold_lines(read_tags(spark, file_with_role(dbt.ref("raw_files"), "tags")))
