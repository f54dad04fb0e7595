"""Read ratings as the raw tables do, for the tests of the readers."""

from reelhouse.ingest.readers import read_ratings
from reelhouse.ingest.sources import find_source


def ratings_of(spark, data, columns=""):
    source = find_source(str(data), columns)
    return [tuple(row) for row in read_ratings(spark, source.file("ratings")).collect()]
