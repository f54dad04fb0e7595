from reelhouse.readers import read_ratings
from reelhouse.release import release_file


def model(dbt, spark):
    return read_ratings(spark, release_file(dbt.ref("raw_release"), "ratings"))
