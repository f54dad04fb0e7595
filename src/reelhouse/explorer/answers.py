"""The answers of the explorer's part of the API."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel


class MovieCard(BaseModel):
    """A movie as posters and lists show it."""

    movie_id: int
    title: str
    """The title without its year, and with its article in front."""
    year: int | None
    genres: list[str]
    count: int
    """Number of ratings."""
    mean: float | None


class Scale(BaseModel):
    """The rating scale of the data."""

    min: float
    max: float
    relevant: float
    """The lowest rating that counts as liked."""
    choices: list[float]
    """Ratings among which a person chooses."""


class About(BaseModel):
    """The data, and what the filters of the pages choose from."""

    data: str
    item: str
    """Word for a movie, such as product."""
    users: int
    movies: int
    ratings: int
    """Number of ratings or, if the data has events, of events; a pair may have several."""
    scale: Scale | None
    """None if the data has events instead of ratings."""
    genres: list[str]
    first_year: int | None
    last_year: int | None
    ranking: str
    """The algorithm of `recommendations`."""
    rating: str | None
    """The algorithm of the predicted ratings."""
    is_personal: bool
    """Whether the algorithm can score a person who is not in its fit."""
    protocol: str
    algorithms: list[str]
    """Algorithms whose lists for users are stored, the best first."""
    release: int | None


class User(BaseModel):
    """A user as lists show it."""

    user_id: int
    source_id: str
    description: str
    """Age, gender and occupation, as far as the data has them."""
    count: int
    mean: float | None


class UserCard(User):
    """A user, and the first recommended movies."""

    top: list[MovieCard]


class Taste(BaseModel):
    """A genre of the movies that a user has rated."""

    genre: str
    count: int
    mean: float | None


class Rated(BaseModel):
    """A rating of a user, with the prediction for it if it was a test row."""

    movie: MovieCard
    rating: float | None
    rated_at: datetime | None
    predicted: float | None
    lower: float | None
    upper: float | None


class UserPage(BaseModel):
    """A user, with tastes and the first ratings."""

    user: User
    first_rated_at: datetime | None
    last_rated_at: datetime | None
    tastes: list[Taste]
    distribution: list[tuple[float, int]]
    """Rating → number of ratings."""


class History(BaseModel):
    """Some ratings of a user."""

    total: int
    ratings: list[Rated]


class Contribution(BaseModel):
    """What a rating, or all other ratings together, adds to a score."""

    title: str | None
    """None for the sum of the other ratings, and for the part that no rating explains."""
    kind: str
    """`rating`, `other ratings` or `baseline`."""
    rating: float | None
    part: float


class Pick(BaseModel):
    """A recommended movie."""

    movie: MovieCard
    score: float
    strategy: str
    reason: str
    predicted: float | None
    """The predicted rating."""
    parts: list[Contribution]


class Picks(BaseModel):
    """A list of recommended movies, best first."""

    algorithm: str
    strategy: str
    picks: list[Pick]


class WhyNot(BaseModel):
    """Why a movie has its place, or no place, in the list of a user."""

    movie: MovieCard
    verdict: str
    """A sentence."""
    place: int | None
    """The place of the movie among all that could be listed."""
    of: int
    score: float | None
    last_score: float | None
    """The score of the last movie in the list of the user."""
    predicted: float | None
    parts: list[Contribution]


class ListedMovie(BaseModel):
    """A movie of a stored list, and whether the user liked it in the test rows."""

    movie: MovieCard
    is_hit: bool
    is_in_other: bool
    rating: float | None
    """The user's rating in the test rows."""


class Comparison(BaseModel):
    """The lists of two algorithms for a user, fitted without the test rows."""

    protocol: str
    liked: int
    """Number of movies that the user liked in the test rows."""
    left: list[ListedMovie]
    right: list[ListedMovie]


class Similar(BaseModel):
    """A movie that mostly the same users like."""

    movie: MovieCard
    similarity: float


class MoviePage(BaseModel):
    """A movie with its ratings."""

    movie: MovieCard
    full_title: str
    tags: list[str]
    imdb_id: str | None
    tmdb_id: int | None
    place: int | None
    """The place of the movie by its number of ratings."""
    distribution: list[tuple[float, int]]
    months: list[tuple[str, int]]
    """Month, as in 1998-03 → number of ratings; every month from the first to the last one."""
    similar: list[Similar]


class Place(BaseModel):
    """A movie and its place on the map, from 0 to 1 in both directions."""

    movie: MovieCard
    x: float
    y: float


class FileRating(BaseModel):
    """A rating of a file; None for a movie that is liked."""

    movie: MovieCard
    rating: float | None


class FileRatings(BaseModel):
    """Ratings that were found in a file, and titles that no movie of the lake has."""

    ratings: list[FileRating]
    unknown: list[str]


class FindingText(BaseModel):
    """A finding about the algorithms."""

    title: str
    figure: str
    text: str
    """Sentences, with code between backticks."""


class Table(BaseModel):
    """Rows of a query."""

    columns: list[str]
    rows: list[list[Any]]


class Evaluation(BaseModel):
    """The comparison of the algorithms."""

    protocol: str
    findings: list[FindingText]
    comparison: Table


class PlotText(BaseModel):
    """A plot as SVG, and its query."""

    title: str
    caption: str
    sql: str
    svg: str
