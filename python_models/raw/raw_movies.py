from reelhouse.ingest.raw_files import file_with_role
from reelhouse.ingest.readers import read_movies


def model(dbt, spark):
    return read_movies(spark, file_with_role(dbt.ref("raw_files"), "movies"))
