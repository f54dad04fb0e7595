from reelhouse.readers import read_movies
from reelhouse.release import release_file


def model(dbt, spark):
    return read_movies(spark, release_file(dbt.ref("raw_release"), "movies"))
