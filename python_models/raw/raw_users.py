from reelhouse.readers import read_users
from reelhouse.release import release_file


def model(dbt, spark):
    return read_users(spark, release_file(dbt.ref("raw_release"), "users"))
