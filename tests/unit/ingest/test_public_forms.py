"""Small made-up files in the forms of public data sets: read as they are, or refused in a sentence.

Each case is a few lines, repeated with other ids, that look like a file of the data set.
"""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from reelhouse.ingest.sources import find_source
from tests.unit.ingest.ratings_files import refused, write


def lines(text: str, header: str = "") -> str:
    """Return 120 lines; {n} to {t} differ from line to line, {r} is 1 to 5, and {t} is a second."""
    rows = (
        text.format(
            n=n % 29, m=n * 7 % 31, r=1 + n % 5, ten=n % 11, big=n * 37, t=1_112_486_027 + n
        )
        for n in range(1, 121)
    )
    return header + "".join(f"{row}\n" for row in rows)


READ = {
    "MovieTweetings ratings.dat": (
        lines("{n}::{m:07}::{ten}::{t}"),
        "user_id=1, movie_id=2, rating=3, rated_at=4",
    ),
    "Jester jester_ratings.dat": (
        lines("{n}\t\t{m}\t\t{ten}.219"),
        "user_id=1, movie_id=3, rating=5",
    ),
    "Book-Crossing BX-Book-Ratings.csv": (
        lines('"{n}";"0{m}X";"{ten}"', '"User-ID";"ISBN";"Book-Rating"\n'),
        "user_id=User-ID, movie_id=ISBN, rating=Book-Rating",
    ),
    "Last.fm hetrec user_artists.dat": (
        lines("{n}\t{m}\t{big}", "userID\tartistID\tweight\r\n"),
        "user_id=userID, movie_id=artistID, strength=weight",
    ),
    "Goodbooks ratings.csv": (
        lines("{n},{m},{r}", "user_id,book_id,rating\n"),
        "user_id=user_id, movie_id=book_id, rating=rating",
    ),
    "Epinions ratings_data.txt": (lines("{n} {m} {r}"), "user_id=1, movie_id=2, rating=3"),
    "FilmTrust ratings.txt": (lines("{n} {m} {r}.5"), "user_id=1, movie_id=2, rating=3"),
    "Amazon 2014 ratings_Books.csv": (
        lines("A{n}ZX,{m:010},{r}.0,{t}"),
        "user_id=1, movie_id=2, rating=3, rated_at=4",
    ),
    "Amazon 2023 Books.csv": (
        lines("A{n}ZX,{m:010},{r}.0,{t}123", "user_id,parent_asin,rating,timestamp\n"),
        "user_id=user_id, movie_id=parent_asin, rating=rating, rated_at=timestamp",
    ),
    "Amazon reviews.json": (
        lines(
            '{{"reviewerID": "A{n}", "asin": "{m:010}", "overall": {r}.0, "unixReviewTime": {t},'
            ' "reviewTime": "04 2, 2005"}}'
        ),
        "user_id=reviewerID, movie_id=asin, rating=overall, rated_at=unixReviewTime",
    ),
    "Yelp review.json": (
        lines(
            '{{"review_id": "x", "user_id": "u{n}", "business_id": "b{m}", "stars": {r}.0,'
            ' "date": "2016-05-28 20:30:12"}}'
        ),
        "user_id=user_id, movie_id=business_id, rating=stars, rated_at=date",
    ),
    "BeerAdvocate beer_reviews.csv": (
        lines("7,x,{t},{r},profile{n},{m}", "brewery_id,brewery_name,review_time,review_overall,"
              "review_profilename,beer_beerid\n"),
        "user_id=review_profilename, movie_id=beer_beerid, rating=review_overall,"
        " rated_at=review_time",
    ),
    "Online Retail.csv": (
        lines("5{n},8{m}A,HEART,6,12/{r}/2010 8:26,2.55,17{n},UK\n"
              "5{n},8{m}B,JAR,6,12/13/2010 8:26,2.55,17{n},UK", "InvoiceNo,StockCode,Description,"
              "Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"),
        "user_id=CustomerID, movie_id=StockCode, strength=Quantity, rated_at=InvoiceDate",
    ),
    "RetailRocket events.csv": (
        lines("{t}123,{n},view,{m},", "timestamp,visitorid,event,itemid,transactionid\n"),
        "user_id=visitorid, movie_id=itemid, rated_at=timestamp",
    ),
    "REES46 events.csv": (
        lines("{big},{n},{m},view,2019-10-01 00:00:01 UTC", "session_id,user_id,item_id,event_type"
              ",event_time\n"),
        "user_id=user_id, movie_id=item_id, rated_at=event_time",
    ),
    "Foursquare checkins.csv": (
        lines("{n},v{m},4{m}.5,-240,Tue Apr 03 18:00:{ten:02} +0000 2012", "userId,venueId,"
              "latitude,timezoneOffset,utcTimestamp\n"),
        "user_id=userId, movie_id=venueId, rated_at=utcTimestamp",
    ),
    "H&M transactions.csv": (
        lines("2018-09-2{r},c{n},066{m:07},0.0{r},2", "t_dat,customer_id,article_id,price,sales_"
              "channel_id\n"),
        "user_id=customer_id, movie_id=article_id, rated_at=t_dat",
    ),
    "Food.com interactions.csv": (
        lines('{n},{m},2003-02-17,{r},"Great,\n\n""thanks"""', "user_id,recipe_id,date,rating,"
              "review\n"),
        "user_id=user_id, movie_id=recipe_id, rating=rating, rated_at=date",
    ),
    "Goodreads reviews.json": (
        lines('{{"user_id": "u{n}", "book_id": "{m}", "rating": {r}, "date_added": "Mon Aug 01'
              ' 13:41:57 -0700 2011", "read_at": ""}}'),
        "user_id=user_id, movie_id=book_id, rating=rating, rated_at=date_added",
    ),
    "Steam recommendations.csv": (
        lines("{m},0,2020-01-0{r},true,{big}.5,{n},{big}", "app_id,helpful,date,is_recommended,"
              "hours,user_id,review_id\n"),
        "user_id=user_id, movie_id=app_id, strength=hours, rated_at=date",
    ),
    "RecBole x.inter": (
        lines("{n}\t{m}\t{r}.0\t{t}.0", "user_id:token\titem_id:token\trating:float"
              "\ttimestamp:float\n"),
        "user_id=user_id:token, movie_id=item_id:token, rating=rating:float,"
        " rated_at=timestamp:float",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_a_form_of_public_data_is_read_as_it_is(tmp_path: Path, name: str) -> None:
    content, columns = READ[name]
    *_, file = name.split()
    ratings = find_source(str(write(tmp_path, **{file: content}) / file)).files[0]
    assert ", ".join(f"{ours}={theirs}" for ours, theirs in ratings.columns.items()) == columns


REFUSED = {
    "Jester jester-data-1.csv": (
        lines(",".join(["{n}", *["99", "-7.82", "{r}.79"] * 33])),
        "100 columns of numbers, as a table with a column per movie has: write one rating per line",
    ),
    "Last.fm 360K plays.tsv": (
        lines("00{n}abc\t3bd7{m}\tthe band\t{big}"),
        "COLUMNS='user_id=1, movie_id=2, strength=4'",
    ),
    "Last.fm 1K plays.tsv": (
        lines("user_{n}\t2009-05-04T23:08:57Z\ta{m}\tthe band\tt{m}\tthe song"),
        "has no header, .*COLUMNS='user_id=1, movie_id=3, rated_at=2'",
    ),
    "Steam steam-200k.csv": (
        lines('{n},"The Game {m}",purchase,1.0,0\n{n},"The Game {m}",play,{big}.0,0'),
        "COLUMNS='user_id=1, movie_id=2, strength=4'",
    ),
    "Instacart order_products.csv": (
        lines("{n},{m},1,0", "order_id,product_id,add_to_cart_order,reordered\n"),
        "none is recognised as the user_id: name them, .*COLUMNS='user_id=order_id, movie_id=pro",
    ),
    "KuaiRec big_matrix.csv": (
        lines("{n},{m},{big},9000,2020-07-05 00:08:23.438,20200705,{t}.4,1.2", "user_id,video_id,"
              "play_duration,video_duration,time,date,timestamp,watch_ratio\n"),
        "recognised as the rating. If play_duration has ratings, .* COLUMNS='strength=play_dur",
    ),
    "Netflix combined_data_1.txt": (
        "1:\n" + lines("{n},{r},2005-09-06"),
        "lines such as '1:' that name the movie of the lines below, .* awk",
    ),
    "Anime rating.csv": (
        lines("{n},{m},{ten}", "user_id,anime_id,rating\n").replace(",0\n", ",-1\n"),
        r"ratings of -1 .* if -1 stands for a missing rating, write rating_min: 1, rating_max: 10",
    ),
    "Taobao UserBehavior.csv": (
        lines("{n},{m},{big},pv,{t}"),
        "COLUMNS='user_id=1, movie_id=2, strength=3, rated_at=5'",
    ),
    "Taste Profile triplets.txt": (
        lines("u{n}\ts{m}\t1\nu{n}\ts1{m}\t1\nu{n}\ts2{m}\t{r}") + "u1\ts1\t12\n",
        "COLUMNS='user_id=1, movie_id=2, strength=3'",
    ),
    "Pinterest train.rating": (
        lines("{n}\t{m}\t1\t1"),
        "has no header, .* COLUMNS='user_id=1, movie_id=2'",
    ),
    "MIND behaviors.tsv": (
        lines("{big}\tU{n}\t11/15/2019 8:55:22 AM\tN1 N2\tN{m}-0 N7-1"),
        "has no header, .* cannot be guessed safely: name them",
    ),
    "Gowalla totalCheckins.txt": (
        lines("{n}\t2010-10-19T23:55:27Z\t30.2359091167\t-97.7951395833\t{m}"),
        "COLUMNS='user_id=1, movie_id=5, rated_at=2'",
    ),
    "LightGCN lists.txt": ("1 2 3 4\n2 5\n3 7 8 9 1\n4 4\n", "as lists of movies have"),
    "SNAP soc.txt": ("# Directed graph\n" + lines("{n}\t{m}"), "starts with a comment, '# Dir"),
    "Reviews reviews.json": ('[{"user": 1, "item": 2}]\n', "is not JSON Lines, .* one object per"),
    "Error page.csv": ("<!DOCTYPE html>\n<html>\n", "is a page of HTML or XML: fetch the data"),
    "Amazon reviews.csv": (
        lines('{n},{m},{r},"04 {r}, 2014"', "user,item,rating,reviewTime\n"),
        'times such as .*rated_at_format: "MM d, yyyy"',
    ),
    "A small matrix.txt": (lines(" ".join(["{r}"] * 10)), "10 columns of numbers, as a table"),
    "A paper.pdf": ("%PDF-1.4\n", "is a PDF: write its ratings to CSV first"),
    "Matlab rating.mat": ("MATLAB 5.0 MAT-file, Platform: x", "is a MATLAB file: write its rat"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_form_of_public_data_is_refused_in_a_sentence_with_the_remedy(
    tmp_path: Path, name: str
) -> None:
    content, what = REFUSED[name]
    *_, file = name.split()
    refused(write(tmp_path, **{file: content}) / file, what)


def test_a_tar_archive_is_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "plays.tar.gz", "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("plays.tsv"), io.BytesIO())
    refused(tmp_path / "plays.tar.gz", "is a tar archive: unpack it first and name the folder")


def test_bytes_of_latin1_in_other_columns_do_not_matter(tmp_path: Path) -> None:
    content = lines('"{n}";"{m}";"{r}";"Café"', "user;item;rating;title\n").encode("latin-1")
    assert find_source(str(write(tmp_path, **{"mine.csv": content}) / "mine.csv")).files
