"""The pages for people with a keyboard, with hostile titles, and where there is nothing to show."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.browser import browsed, needs_chromium, playwright
from tests.unit.explorer.evaluated import INTERVAL
from tests.unit.explorer.explored_lake import (
    COLD,
    GENRES,
    HOSTILE,
    TITLES,
    Server,
    event_tables,
    explored_tables,
    serving,
    write_explored_lake,
)
from tests.unit.explorer.test_explorer_api import unseen_order
from tests.unit.explorer.visited import PATHS, rate, settled, visit

pytestmark = needs_chromium
expect = playwright.expect


def test_titles_genres_and_ids_with_markup_stay_text(server: Server) -> None:
    with browsed(server.address) as page:
        for path in PATHS:
            visit(page, server, path)
            assert page.locator("main").locator("b b, i, u, img, h1 b").count() == 0, path
            assert page.title() != "hacked"
        for number, title in enumerate(HOSTILE):
            visit(page, server, f"/movies/{number * 10}")
            expect(page.get_by_role("heading", level=1)).to_have_text(title)
            assert page.title() == f"{title} · Reelhouse"
        visit(page, server, "/people/7")
        expect(page.get_by_role("heading", level=1)).to_have_text("Person u7<b>")
        page.get_by_text("<u>clerk</u>").first.wait_for()
        visit(page, server, "/movies")
        assert page.locator("#genres label").all_text_contents() == sorted(GENRES)
        page.get_by_text("<b>made-up: ").wait_for()
        visit(page, server, "/you")
        rate(page, HOSTILE[0], 5)
        reason = page.locator(".list .reason").first
        expect(reason).to_have_text(f"Because you rated {HOSTILE[0]} 5")


def test_a_movie_that_is_missed_is_explained(server: Server) -> None:
    missed = unseen_order(3)[9] // 10
    with browsed(server.address) as page:
        visit(page, server, "/people/3")
        page.get_by_label("Why not this one?").fill(TITLES[missed])
        page.keyboard.press("ArrowDown")
        page.locator(".found button").first.wait_for()
        page.get_by_label("Why not this one?").press("ArrowDown")
        page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog", name=f"Why not {TITLES[missed]}?")
        dialog.get_by_text("It has place 10 of").wait_for()
        expect(dialog.locator("tfoot")).to_contain_text("Score")


def test_two_algorithms_are_compared_on_the_test_rows(server: Server) -> None:
    with browsed(server.address) as page:
        visit(page, server, "/people/3")
        left, right = page.locator(".compared").all()
        expect(left).to_contain_text("1 hit in the first 4")
        expect(right).to_contain_text("1 hit in the first 3")
        page.get_by_label("First algorithm").select_option("popularity")
        expect(page.locator(".compared").first).to_contain_text("1 hit in the first 3")
        lower, upper = INTERVAL
        page.get_by_label("Order").select_option("worst")
        settled(page)
        while page.locator(".history ~ .more button").is_visible():
            page.locator(".history ~ .more button").click()
            settled(page)
        page.get_by_text(f"predicted 4.0 ({lower} to {upper})").wait_for()


def test_the_slider_and_more_movies(server: Server) -> None:
    with browsed(server.address) as page:
        visit(page, server, "/people/3")
        page.get_by_role("button", name="Show more").first.click()
        first = page.locator(".picks-grid h3").first
        before = first.text_content()
        page.get_by_label("Popularity or novelty").fill("100")
        expect(first).not_to_have_text(before)


def test_everything_can_be_done_by_keyboard(server: Server) -> None:
    with browsed(server.address) as page:
        visit(page, server, "/")
        page.keyboard.press("Tab")
        expect(page.get_by_text("Skip to the content")).to_be_focused()
        page.keyboard.press("Enter")
        page.get_by_label("Id of a person").fill("u12")
        expect(page.locator(".person")).to_have_count(1)
        page.keyboard.press("Enter")
        page.get_by_role("heading", level=1, name="Person u12").wait_for()
        settled(page)
        page.get_by_role("button", name="Why?").first.press("Enter")
        page.get_by_role("dialog").wait_for()
        page.keyboard.press("Escape")
        expect(page.get_by_role("button", name="Why?").first).to_be_focused()
        page.go_back()
        page.get_by_role("heading", level=1, name="Whose list").wait_for()


def test_a_file_is_imported(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "ratings.csv"
    file.write_text("Name,Year,Letterboxd URI,Rating\nFilm 05,1955,x,5\nUnknown <b>,1999,x,3\n")
    with browsed(server.address) as page:
        visit(page, server, "/you")
        page.get_by_label("Import").set_input_files(file)
        page.get_by_text("1 rating imported from ratings.csv").first.wait_for()
        page.get_by_text("1 title not found").click()
        page.get_by_text("Unknown <b>").wait_for()
        page.get_by_role("heading", name="You rated 1 movie").wait_for()
        page.reload()
        settled(page)
        page.get_by_role("heading", name="Most popular").wait_for()


def test_a_file_that_is_too_large_is_not_sent(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "large.csv"
    file.write_text("Name,Rating\n" + "Film 05,5\n" * 2_000_000)
    with browsed(server.address) as page:
        visit(page, server, "/you")
        page.on("request", lambda request: pytest.fail(f"{request.url} is asked for"))
        page.get_by_label("Import").set_input_files(file)
        page.get_by_text("large.csv is larger than 20 MB: keep a part of its rows").wait_for()


DROPPED = """text => {
    const data = new DataTransfer();
    data.items.add(new File([text], "dropped.csv"));
    dispatchEvent(new DragEvent("drop", { dataTransfer: data, cancelable: true }));
}"""


def test_a_dropped_file_is_imported_once_and_on_one_page(server: Server) -> None:
    with browsed(server.address) as page:
        posts: list[str] = []
        page.on("request", lambda request: posts.append(request.url))
        visit(page, server, "/you")
        page.get_by_role("link", name="Data", exact=True).click()
        page.get_by_role("heading", name="The data").wait_for()
        page.evaluate(DROPPED, "Name,Year,Letterboxd URI,Rating\nFilm 05,1955,x,5\n")
        page.get_by_role("link", name="You", exact=True).click()
        page.get_by_role("heading", name="Most popular").wait_for()
        page.evaluate(DROPPED, "Name,Year,Letterboxd URI,Rating\nFilm 06,1956,x,5\n")
        page.get_by_text("1 rating imported from dropped.csv").first.wait_for()
        page.get_by_role("heading", name="You rated 1 movie").wait_for()
        assert sum("ratings-file" in url for url in posts) == 1


def test_a_failed_request_is_said_and_the_next_one_is_sent(server: Server) -> None:
    with browsed(server.address, requests_fail=True) as page:
        page.route(re.compile("/ratings\\?|/list\\?.*is_long=true"), lambda route: route.abort())
        visit(page, server, "/people/3")
        page.get_by_text("The server does not answer").wait_for()
        assert page.get_by_text("This person has not rated anything.").count() == 0
        page.get_by_role("button", name="Show more").first.click()
        expect(page.locator(".picks-grid")).to_contain_text("The server does not answer")
        page.unroute_all()
        page.get_by_label("Popularity or novelty").fill("-50")
        page.locator(".picks-grid > li").first.wait_for()
        page.route("**/why/*", lambda route: route.abort())
        page.get_by_label("Why not this one?").fill(TITLES[unseen_order(3)[9] // 10])
        page.locator(".found button").first.click()
        page.get_by_role("dialog").get_by_text("The server does not answer").wait_for()


def test_the_map_marks_what_is_searched_and_leads_to_a_movie(server: Server) -> None:
    with browsed(server.address) as page:
        visit(page, server, "/movies")
        assert page.locator(".map circle").count() == len(TITLES)
        page.get_by_role("searchbox").fill("Film 07")
        expect(page.locator(".map .is-marked title")).to_have_text(["Film 07"])
        page.locator(".map .is-marked circle").click()
        page.get_by_role("heading", level=1, name="Film 07").wait_for()


def test_a_movie_is_rated_on_its_page(server: Server) -> None:
    with browsed(server.address) as page:
        visit(page, server, "/movies/50")
        page.get_by_role("radio", name="4 of 5").click()
        page.get_by_role("link", name="Your list").click()
        page.get_by_role("heading", name="You rated 1 movie").wait_for()
        page.get_by_role("heading", name="For you").wait_for()
        page.get_by_role("button", name="Remove all").click()
        page.get_by_role("heading", name="Most popular").wait_for()


def test_a_plot_leads_to_its_query(server: Server) -> None:
    with browsed(server.address) as page:
        visit(page, server, "/data")
        page.get_by_text("SQL", exact=True).first.click()
        page.get_by_role("link", name="Open in the SQL box").first.click()
        expect(page.get_by_label("One SELECT statement")).to_have_value(
            "select rating, rating_count from rating_distribution where rating is not null"
            " order by rating"
        )
        page.get_by_role("button", name="Run").click()
        page.get_by_text("2 rows in").wait_for()


def test_a_person_without_ratings_has_popular_movies(server: Server) -> None:
    with browsed(server.address) as page:
        visit(page, server, f"/people/{COLD}")
        page.get_by_text("This person has not rated anything.").wait_for()
        page.get_by_text("Popular, since the algorithm cannot score this person").wait_for()
        page.get_by_label("First year").fill("1979")
        page.get_by_label(GENRES[2]).check()
        assert page.locator(".picks-grid > li").count() <= 10


def test_events_are_liked_and_have_no_stars(tmp_path: Path) -> None:
    lake = write_explored_lake(tmp_path / "lake", event_tables())
    with serving(lake) as server, browsed(server.address) as page:
        for path in PATHS:
            visit(page, server, path)
            assert page.get_by_role("radio").count() == 0, path
            shown = page.locator("main").inner_text()
            assert "NaN" not in shown, path
            assert "null" not in shown, path
        events = sum(event_tables()["interactions"]["event_count"].to_pylist())
        expect(page.locator("footer")).to_contain_text(f"{events:,} events")
        visit(page, server, "/you")
        page.get_by_role("searchbox").fill(TITLES[5])
        expect(page.locator(".rate .cards > li")).to_have_count(1)
        page.locator(".rate .cards").get_by_role("button", name=f"Like {TITLES[5]}").click()
        page.get_by_role("heading", name="You liked 1 movie").wait_for()
        page.get_by_role("heading", name="For you").wait_for()
        expect(page.locator(".list .reason").first).to_have_text(f"Because you liked {TITLES[5]}")


@pytest.mark.parametrize(
    ("path", "missing", "said"),
    [
        ("/models", "model_comparison", "the lake has no model_comparison: run `make build`"),
        ("/data", "matrix_density", "the lake has no matrix_density: run `make build`"),
        ("/people/3", "evaluated_recommendations", "run make build"),
    ],
)
def test_what_the_lake_lacks_names_the_command(
    path: str, missing: str, said: str, tmp_path: Path
) -> None:
    tables = {name: rows for name, rows in explored_tables().items() if name != missing}
    with (
        serving(write_explored_lake(tmp_path / "lake", tables)) as server,
        browsed(server.address) as page,
    ):
        page.goto(server.address + ("/" if path == "/people/3" else "/people/3"))
        settled(page)
        if path != "/people/3":  # the answer of a missing table is an error in the console
            assert said in server_detail(server, path)
        else:
            page.goto(server.address + path)
            page.get_by_text(said).first.wait_for()


def server_detail(server: Server, path: str) -> str:
    """Return the message of the API behind a page."""
    import requests

    name = {"/models": "evaluation", "/data": "data"}[path]
    return str(requests.get(f"{server.address}/api/{name}", timeout=30).json()["detail"])
