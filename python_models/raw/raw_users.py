from reelhouse.readers import read_users


def model(dbt, spark):
    return read_users(spark, dbt.config.get("data"))
