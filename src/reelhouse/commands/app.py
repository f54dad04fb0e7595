"""`reelhouse app`: serve the explorer and the HTTP API on this machine."""

import socket

from reelhouse.errors import ReelhouseError
from reelhouse.lake.catalog import lake_folder

HOST = "127.0.0.1"


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
    with socket.socket() as listening:
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
        uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listening])
