"""The explorer and the API in one process."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse

from reelhouse.errors import ReelhouseError
from reelhouse.explorer.about import read_about
from reelhouse.explorer.answers import About
from reelhouse.explorer.evaluation import evaluation_routes
from reelhouse.explorer.lake import lake_routes
from reelhouse.explorer.movies import movie_routes
from reelhouse.explorer.people import people_routes
from reelhouse.explorer.query_box import QueryBox
from reelhouse.explorer.state import LakeState
from reelhouse.explorer.visitors import visitor_routes
from reelhouse.lake.cluster import Lake
from reelhouse.paths import DOCUMENTATION
from reelhouse.serve.api import create_app
from reelhouse.web.assets import WEB

HERE = Path(__file__).parent / "static"
TYPES = {".js": "text/javascript", ".css": "text/css"}
"""Suffixes of the files that a browser may load → their types."""
PAGES = ("/", "/people/{key}", "/movies", "/movies/{key}", "/you", "/models", "/data", "/lake")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    " img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Content-Security-Policy: nothing but the files of this process, and no script in the HTML."""


def create_explorer(lake: Lake) -> FastAPI:
    """Return the API of a lake, with the pages of the explorer and the routes that they need.

    Raises
    ------
    ReelhouseError
        There is no lake, or it lacks a table.
    """
    app = create_app(lake)
    state = LakeState(lake, app.state.current)
    box = QueryBox(lake)
    app.state.opened.callback(state.close)
    app.state.opened.callback(box.close)
    app.state.stop = box.stop
    for routes in (people_routes, movie_routes, visitor_routes, evaluation_routes):
        app.include_router(routes(state))
    app.include_router(lake_routes(state, box))

    @app.get("/api/about")
    async def about() -> About:
        """Return the numbers of the data, its scale, genres and years, and its algorithms."""
        return await state.run(lambda each: each.cached("about", read_about))

    @app.exception_handler(ReelhouseError)
    async def explain(_: Request, error: ReelhouseError) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, 503)

    _add_pages(app)
    return app


def _add_pages(app: FastAPI) -> None:
    files = {
        file.name: file
        for folder in (WEB, HERE)
        for file in folder.iterdir()
        if file.suffix in TYPES
    }

    @app.get("/static/{name}", include_in_schema=False)
    async def static(name: str) -> FileResponse:
        if name not in files:
            raise HTTPException(404, f"no file is called {name}")
        return FileResponse(
            files[name],
            media_type=TYPES[files[name].suffix],
            headers={"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"},
        )

    def answer(status: int) -> HTMLResponse:
        text = (HERE / "explorer.html").read_text(encoding="utf-8")
        headers = {"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer"}
        return HTMLResponse(text, status, {**headers, "Cache-Control": "no-cache"})

    async def page() -> HTMLResponse:
        return answer(200)

    @app.get("/documentation", include_in_schema=False)
    async def documentation() -> Response:
        if not DOCUMENTATION.is_file():
            return answer(404)
        return FileResponse(DOCUMENTATION, headers={"Cache-Control": "no-cache"})

    for path in PAGES:
        app.get(path, include_in_schema=False)(page)

    @app.get("/{path:path}", include_in_schema=False)
    async def nothing(path: str) -> HTMLResponse:
        if path.startswith(("api/", "static/")):
            raise HTTPException(404, f"nothing is at /{path}")
        return answer(404)
