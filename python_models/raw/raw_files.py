from reelhouse.ingest.raw_files import read_release


def model(dbt, spark):
    return read_release(
        spark,
        data=dbt.config.get("data"),
        columns=dbt.config.get("mapping"),
        table=str(dbt.this),
    )
