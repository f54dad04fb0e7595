from reelhouse.ingest.raw_files import release_file
from reelhouse.ingest.readers import read_movies


def model(dbt, spark):
    return read_movies(spark, release_file(dbt.ref("raw_files"), "movies"))
