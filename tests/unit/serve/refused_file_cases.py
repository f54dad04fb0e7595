"""Files of ratings that are refused with a sentence that says what to change."""

from __future__ import annotations

from tests.unit.serve.rating_file_cases import LIKE, Case, text

NO_MOVIES = "my.csv has no movies: it needs rows below the header"
REFUSED: dict[str, Case] = {
    "several users": text(
        "userId,movieId,rating\n1,7,5\n2,7,1\n2,8,1\n",
        error="my.csv has ratings of 2 users: leave the rows of one user in it",
    ),
    "several users and titles": text(
        "USER_ID,title\na,Alien\nb,Alien\nc,Alien\n",
        error="my.csv has ratings of 3 users: leave the rows of one user in it",
    ),
    "one user": text("userId,movieId,rating\n1,7,5\n1,8,1\n", {"7": 5.0, "8": 1.0}),
    "an open quote": text(
        'title,rating\n"Alien,4\n',
        error="my.csv has a quote in line 2 that is not closed: close it",
    ),
    "an open quote after a long cell": text(
        'title,rating\n"Alien",5\n"Rock,\nThe",4\n"Heat,5\nSeven,1\n',
        error="my.csv has a quote in line 5 that is not closed: close it",
    ),
    "an open quote in the header": text(
        'title,"rating\nAlien,4\n',
        error="my.csv has a quote in line 1 that is not closed: close it",
    ),
    "a header alone": text("title,rating\n", error=NO_MOVIES),
    "a header and empty lines": text("title,rating\n\n\n", error=NO_MOVIES),
    "an unknown title alone": text("title,rating\nNo,4\n", {}, ("No",)),
    "semicolons": text(
        "Title;Rating\nAlien;5\n",
        error="my.csv has semicolons between its columns: save it with commas",
    ),
    "semicolons and quotes": text(
        '\ufeff"Year";"Title";"Rating"\r\n"1979";"Alien";"4,5"\r\n',
        error="my.csv has semicolons between its columns: save it with commas",
    ),
    "tabs": text(
        "movieId\trating\n7\t5\n", error="my.csv has tabs between its columns: save it with commas"
    ),
    "a semicolon in a name of commas": text("title,a;b\nAlien,1\n", {"7": LIKE}),
    "UTF-16": Case("title\nAlien\n".encode("utf-16"), error="my.csv is not CSV in UTF-8"),
}
