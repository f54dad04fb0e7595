"""A TCP proxy on loopback that cuts a connection when the client sends a given text."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from servers import LOOPBACK

_CHUNK = 1 << 16


class CuttingProxy:
    """Passes bytes between clients and a server until it is told to cut a connection."""

    def __init__(self, server_port: int) -> None:
        self.port = 0
        self.cuts = 0
        """How many connections were cut."""
        self._server_port = server_port
        self._text: bytes | None = None
        self._is_delivered = True
        self._ends = False
        self._has_ended = False
        self._lock = threading.Lock()

    def cut_after(self, text: str) -> None:
        """Cut the next connection that sends a text, after the server has got the text."""
        self._text, self._is_delivered = text.encode(), True

    def cut_before(self, text: str) -> None:
        """Cut the next connection that sends a text, so that the server never gets the text."""
        self._text, self._is_delivered = text.encode(), False

    def end_after(self, text: str) -> None:
        """Cut as ``cut_after`` does, and refuse all connections afterwards."""
        self.cut_after(text)
        self._ends = True

    def serve(self, listening: socket.socket) -> None:
        while True:
            try:
                client, _ = listening.accept()
            except OSError:  # the proxy has ended
                return
            if self._has_ended:
                client.close()
                continue
            server = socket.create_connection((LOOPBACK, self._server_port))
            for function, source, target in (
                (self._pass_requests, client, server),
                (self._pass_answers, server, client),
            ):
                threading.Thread(target=function, args=(source, target), daemon=True).start()

    def _pass_requests(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(_CHUNK):
                with self._lock:
                    is_cut = self._text is not None and self._text in data
                    if is_cut:
                        self._text = None
                        self.cuts += 1
                        self._has_ended = self._ends
                if is_cut:
                    # The client gets no answer. The server gets the end after the text.
                    _end(client)
                    if self._is_delivered:
                        server.sendall(data)
                    break
                server.sendall(data)
        _end(client)
        with suppress(OSError):
            server.shutdown(socket.SHUT_WR)

    def _pass_answers(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(_CHUNK):
                client.sendall(data)
        _end(client)
        server.close()


def _end(client: socket.socket) -> None:
    with suppress(OSError):
        client.shutdown(socket.SHUT_RDWR)


@contextmanager
def cutting_proxy(server_port: int) -> Iterator[CuttingProxy]:
    """Run a proxy in front of a server on loopback until the end of the block."""
    proxy = CuttingProxy(server_port)
    with socket.create_server((LOOPBACK, 0)) as listening:
        proxy.port = listening.getsockname()[1]
        threading.Thread(target=proxy.serve, args=(listening,), daemon=True).start()
        yield proxy
        listening.shutdown(socket.SHUT_RDWR)
