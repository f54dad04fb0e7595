"""Read ratings as the raw tables do, for the tests of the readers."""

from unittest.mock import patch

from reelhouse.ingest import sources
from reelhouse.ingest.readers import read_ratings
from reelhouse.ingest.sources import find_source

COLUMNS = (
    *("user_id", "movie_id", "rating", "rated_at"),
    *("malformed_line", "file", "is_utf8"),
)


def ratings_of(spark, data, columns="", names=COLUMNS):
    with patch.object(sources, "check_values"):  # a build would refuse some of the files
        source = find_source(str(data), columns)
    ratings = read_ratings(spark, source.file("ratings")).select(*names)
    return [tuple(row) for row in ratings.collect()]
