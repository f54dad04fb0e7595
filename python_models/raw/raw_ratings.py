from reelhouse.readers import read_ratings


def model(dbt, spark):
    return read_ratings(spark, dbt.config.get("data"))
