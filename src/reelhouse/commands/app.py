"""`reelhouse app`: serve the explorer and the HTTP API on this machine."""

import signal
import socket

from reelhouse.errors import ReelhouseError
from reelhouse.lake.catalog import chosen_lake

HOST = "127.0.0.1"
SECONDS_KEPT_ALIVE = 75
"""Time after which an idle connection is closed. A client that uses it at this moment fails."""


def serve(port: int) -> None:
    """Serve the explorer and the API until Ctrl-C; only programs on this machine can reach it.

    Args:
        port: the port; 0 for a free one.

    Raises:
        ReelhouseError: there is no lake, or another program uses the port.
    """
    import uvicorn

    from reelhouse.explorer.app import create_explorer

    class Server(uvicorn.Server):
        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            app.state.stop()  # otherwise the server waits for the running query
            await super().shutdown(sockets)

    app = create_explorer(chosen_lake())
    with listening_socket(port, "app") as listening:
        address = f"http://{HOST}:{listening.getsockname()[1]}"
        print(f"serving {address} ({address}/openapi.json describes it); Ctrl-C ends", flush=True)
        if signal.getsignal(signal.SIGHUP) == signal.SIG_DFL:  # otherwise it is ignored (nohup)
            signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, timeout_keep_alive=SECONDS_KEPT_ALIVE
        )
        Server(config).run(sockets=[listening])


def listening_socket(port: int, command: str) -> socket.socket:
    """Return a socket that listens on a port of this machine; the caller closes it.

    Args:
        port: the port; 0 for a free one.
        command: the command of make that the error names.

    Raises:
        ReelhouseError: another program uses the port.
    """
    # asyncio sets TCP_NODELAY only on a socket that names its protocol; without it, Nagle's
    # algorithm delays the second packet of an answer by 40 ms.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
        listening.listen()
    except (OSError, OverflowError) as error:
        listening.close()
        reason = error.strerror if isinstance(error, OSError) else error
        raise ReelhouseError(
            f"port {port} cannot be used ({reason}): choose another one, as in"
            f" `make {command} PORT=8080`"
        ) from error
    return listening
