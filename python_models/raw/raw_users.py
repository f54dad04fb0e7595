from reelhouse.ingest.raw_files import release_file
from reelhouse.ingest.readers import read_users


def model(dbt, spark):
    return read_users(spark, release_file(dbt.ref("raw_files"), "users"))
