"""Digests are looked up or not written at all."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

PINS = Path(__file__).resolve().parents[2] / "docker" / "pins.py"
DIGEST = "sha256:" + "ab" * 32


class Registry(BaseHTTPRequestHandler):
    """Speaks as much of the distribution protocol as a look-up needs; wants a token."""

    digest = DIGEST

    def do_HEAD(self) -> None:
        if self.headers.get("Authorization") != "Bearer t0ken":
            self.send_response(401)
            realm = f"http://127.0.0.1:{self.server.server_port}/token"
            self.send_header("WWW-Authenticate", f'Bearer realm="{realm}",service="s",scope="r"')
        elif "grafana" in self.path and self.digest == "missing":
            self.send_response(404)
        else:
            assert "image.index" in self.headers["Accept"]
            self.send_response(200)
            self.send_header("Docker-Content-Digest", self.digest)
        self.end_headers()

    def do_GET(self) -> None:
        assert self.path == "/token?service=s&scope=r"
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"token": "t0ken"}')

    def log_message(self, *_) -> None:
        """Nobody reads it."""


@pytest.fixture
def registry() -> Iterator[type[Registry]]:
    class Here(Registry):
        address = ""

    served = HTTPServer(("127.0.0.1", 0), Here)
    Here.address = f"http://127.0.0.1:{served.server_port}"
    thread = threading.Thread(target=served.serve_forever)
    thread.start()
    yield Here
    served.shutdown()
    thread.join()
    served.server_close()


def pin(address, to):
    return subprocess.run(
        [sys.executable, PINS, "--registry", address, "--to", to],
        check=False,
        capture_output=True,
        text=True,
    )


def test_every_image_is_written_with_the_digest_of_its_tag(registry, tmp_path):
    to = tmp_path / "pins.env"
    assert pin(registry.address, to).returncode == 0
    written = dict(line.split("=", 1) for line in to.read_text().splitlines()[1:])
    assert written == {
        "BASE_IMAGE": f"python:3.11-slim@{DIGEST}",
        "PROMETHEUS_IMAGE": f"prom/prometheus:v3.5.0@{DIGEST}",
        "GRAFANA_IMAGE": f"grafana/grafana:12.0.0@{DIGEST}",
    }


@pytest.mark.parametrize("digest", ["missing", "", "sha256:short"])
def test_where_one_is_not_found_nothing_is_written(registry, tmp_path, digest):
    registry.digest = digest
    ended = pin(registry.address, tmp_path / "pins.env")
    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1)
    assert list(tmp_path.iterdir()) == []


def test_without_a_registry_it_says_so(tmp_path):
    ended = pin("http://127.0.0.1:9", tmp_path / "pins.env")
    assert ended.returncode == 1
    assert "run make pins where the registry can be reached" in ended.stderr
    assert list(tmp_path.iterdir()) == []
