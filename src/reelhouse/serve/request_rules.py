"""Requests that the API refuses or changes before a route sees them, and its messages of faults."""

from __future__ import annotations

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.datastructures import Headers
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from reelhouse.errors import printable

HOSTS = ["127.0.0.1", "localhost"]
"""Names under which the API answers, so that no page of another site can reach it."""
READING = ("GET", "HEAD")
"""Methods of requests whose answers browsers keep from pages of other sites."""


def add_rules(app: FastAPI) -> None:
    """Refuse requests of other sites, answer HEAD like GET, and describe faults of requests."""
    app.add_middleware(OwnRequests)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=HOSTS)

    @app.exception_handler(RequestValidationError)
    async def describe(_: Request, error: RequestValidationError) -> JSONResponse:
        # The input is left out: it may be long, and NaN or a lone surrogate cannot be written.
        faults = [
            {
                "loc": [_shown(part) for part in fault["loc"]],
                "msg": _shown(fault["msg"]),
                "type": fault["type"],
            }
            for fault in error.errors()
        ]
        return JSONResponse({"detail": faults}, 422)

    @app.exception_handler(ClientDisconnect)
    async def end(_: Request, __: ClientDisconnect) -> Response:
        return Response(status_code=400)  # nobody reads it


class OwnRequests:
    """A middleware that refuses requests of other sites, and answers HEAD like GET.

    A browser sends a file or a form of any site without a question to this server.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http":
            if scope["method"] not in READING and _is_foreign(Headers(scope=scope)):
                refusal = {"detail": "a page of another site may not send this request"}
                await JSONResponse(refusal, 403)(scope, receive, send)
                return
            if scope["method"] == "HEAD":  # the server leaves out the body
                scope = {**scope, "method": "GET"}
        await self._app(scope, receive, send)


def _is_foreign(headers: Headers) -> bool:
    """Return whether a page of another site sends a request; programs send neither header."""
    origin = headers.get("origin")
    is_other_origin = origin is not None and origin.partition("://")[2] != headers.get("host")
    return is_other_origin or headers.get("sec-fetch-site", "none") not in ("same-origin", "none")


def _shown(value: str | int) -> str | int:
    return printable(value) if isinstance(value, str) else value
