from reelhouse.ingest.raw_files import release_file
from reelhouse.ingest.readers import read_ratings


def model(dbt, spark):
    return read_ratings(spark, release_file(dbt.ref("raw_files"), "ratings"))
