from reelhouse.ingest.forgotten_rows import withhold_forgotten
from reelhouse.ingest.raw_files import file_with_role
from reelhouse.ingest.readers import read_users


def model(dbt, spark):
    file = file_with_role(dbt.ref("raw_files"), "users")
    return withhold_forgotten(read_users(spark, file))
