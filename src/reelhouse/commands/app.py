"""`reelhouse app`: serve the explorer and the HTTP API on this machine."""

import socket

from reelhouse.errors import ReelhouseError
from reelhouse.lake.catalog import lake_folder

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

    app = create_explorer(lake_folder())
    # With the protocol left open, asyncio would not turn off Nagle's algorithm, which delays the
    # second packet of an answer by 40 ms.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((HOST, port))
            listening.listen()
        except (OSError, OverflowError) as error:
            raise ReelhouseError(
                f"port {port} cannot be used ({error}): choose another one, as in"
                " `make app PORT=8080`"
            ) from error
        address = f"http://{HOST}:{listening.getsockname()[1]}"
        print(f"serving {address} ({address}/openapi.json describes it); Ctrl-C ends", flush=True)
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, timeout_keep_alive=SECONDS_KEPT_ALIVE
        )
        uvicorn.Server(config).run(sockets=[listening])
