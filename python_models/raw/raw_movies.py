from reelhouse.readers import read_movies


def model(dbt, spark):
    return read_movies(spark, dbt.config.get("data"))
