"""A server on loopback with the API of S3, which tests start."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pyarrow.fs import S3FileSystem

from servers import LOOPBACK, free_port, running

BUCKET = "bucket"
SECRET = "canary-9b3c"
"""The secret key of S3, which no output may show."""


@contextmanager
def s3(folder: Path) -> Iterator[dict[str, str]]:
    """A server with the API of S3 and an empty bucket; its variables."""
    port = free_port()
    server = Path(sys.executable).parent / "moto_server"
    command = (server, "--host", LOOPBACK, "--port", str(port))
    with running(folder / "s3.log", *command, until="Running on"):
        S3FileSystem(
            access_key="key",
            secret_key=SECRET,
            endpoint_override=f"{LOOPBACK}:{port}",
            scheme="http",
            allow_bucket_creation=True,
        ).create_dir(BUCKET)
        yield {
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_ENDPOINT_URL": f"http://{LOOPBACK}:{port}",
            "AWS_REGION": "us-east-1",
        }
