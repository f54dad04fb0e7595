from reelhouse.ingest.raw_files import list_raw_files


def model(dbt, spark):
    relation = dbt.config.get("relation")
    rows = dbt.ref("raw_interactions") if relation else None
    return list_raw_files(
        spark,
        data=dbt.config.get("data"),
        columns=dbt.config.get("mapping"),
        table=str(dbt.this),
        relation=relation,
        rows=rows,
        is_update=dbt.config.get("is_update"),
    )
