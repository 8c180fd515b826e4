"""An S3 server of moto's on this machine, with one empty bucket named ``pictures``."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from urllib.request import Request, urlopen

import pytest

LOCALHOST = "127.0.0.1"


@pytest.fixture(scope="module")
def s3_server() -> Iterator[str]:
    """The address of an S3 server with nothing in it but a bucket."""
    with socket.socket() as probe:
        probe.bind((LOCALHOST, 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", LOCALHOST, "-p", str(port)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        for line in process.stderr:
            if "Running on" in line:
                break
        address = f"http://{LOCALHOST}:{port}"
        with urlopen(Request(f"{address}/pictures", method="PUT")) as answer:  # noqa: S310
            assert answer.status == 200
        yield address
    finally:
        process.kill()
        process.communicate()


def reach(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process's environment lead to the server, as an operator's would to theirs."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)
