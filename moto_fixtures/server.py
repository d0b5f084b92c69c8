"""The offline AWS as a server: moto behind one address, and the control path beside it.

Needs     a free port on a loopback address; it has no authentication and serves nobody else
Writes    to standard output what to export; to --ready-file its URL, once it listens

Every AWS client reaches it by AWS_ENDPOINT_URL. While nobody winds the clock, it ticks: what
falls due runs, and captured events reach S3 within seconds.
"""

from __future__ import annotations

import argparse
import ipaddress
import json
import logging
import os
import re
import resource
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import waitress
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser

from moto_fixtures import environment, state
from moto_fixtures.retries import Retries

TICK = 2.0
"""Seconds between two looks at what is due."""
THREADS = 8
SETTINGS = {"MOTO_S3_DEFAULT_KEY_BUFFER_SIZE": str(1024 * 1024)}
"""moto's: S3 objects above this size go to disk, each holding one open file."""

XML_SERVICES = {"s3", "s3control", "cloudfront", "route53"}
"""Services with REST and XML, as requests to them are signed."""
Environ = dict[str, Any]


class Parser(HTTPRequestParser):
    """waitress waits for ever for the body of a request that expects 100-continue and has none.

    boto3's put_object of an empty object is such a request.
    """

    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        if not self.chunked and self.content_length == 0:
            self.expect_continue = False


class Channel(HTTPChannel):
    """A connection that reads requests with our parser."""

    parser_class = Parser


log = logging.getLogger(__name__)


class Application:
    """moto's dispatcher, our resources installed, and the control path."""

    def __init__(self) -> None:
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

        import moto_fixtures

        moto_fixtures.install()

        def create(service: Any) -> Any:
            app = create_backend_app(service)
            app.register_error_handler(NotImplementedError, _not_simulated)
            app.register_error_handler(404, _unknown_path)
            return app

        self._moto = Retries(DomainDispatcherApplication(create))

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        from werkzeug.wrappers import Request

        from moto_fixtures import control

        if environ["PATH_INFO"].startswith(control.PREFIX):
            return control.answer(Request(environ))(environ, start_response)
        answer: Iterable[bytes] = self._moto(environ, start_response)
        return answer


def _not_simulated(error: NotImplementedError) -> Any:
    """An action stock moto lacks, as an error a client can read, and does not retry."""
    from flask import Response, request

    message = f"{error}; it is not simulated by the offline AWS"
    if not _speaks_xml(request):
        body = json.dumps({"__type": "NotSimulated", "message": message})
        return Response(
            body, 400, {"x-amzn-errortype": "NotSimulated"}, mimetype="application/json"
        )
    return Response(
        f"<ErrorResponse><Error><Type>Sender</Type><Code>NotSimulated</Code>"
        f"<Message>{escape(message)}</Message></Error></ErrorResponse>",
        400,
        mimetype="text/xml",
    )


def _speaks_xml(request: Any) -> bool:
    """Whether a client reads an error as XML: of the query protocol, or of one of the few."""
    scope = re.search(
        r"Credential=[^/]*/[^/]*/[^/]*/([^/]+)/", request.headers.get("Authorization", "")
    )
    is_query = "form" in (request.content_type or "")
    return is_query or (scope is not None and scope[1] in XML_SERVICES)


def _unknown_path(error: Exception) -> Any:
    """A path that no service here has: the same error, where Flask would answer a page."""
    from flask import request

    if getattr(error, "response", None) is not None:
        return error  # a service's own answer
    return _not_simulated(NotImplementedError(f"{request.method} {request.path}"))


def main(arguments: list[str]) -> int:
    """`python -m moto_fixtures serve`: listen until SIGTERM or SIGINT."""
    asked = _parse(arguments)
    os.environ.update({name: os.environ.get(name, value) for name, value in SETTINGS.items()})
    _allow_open_files()
    _quieten()
    try:
        with ExitStack() as stack:
            if asked.state:
                stack.enter_context(state.directory(asked.state))
            return _serve(asked)
    except state.StateError as error:
        print(error, file=sys.stderr)
        return 1


def _serve(asked: argparse.Namespace) -> int:
    """Listen until asked to stop; take up the state before, and keep it afterwards."""
    _load_managed_policies()
    try:
        server = _listen(asked.host, asked.port)
    except OSError as error:
        print(
            f"{asked.host}:{asked.port}: cannot listen there ({error.strerror}), so nothing is "
            "served; name another port: make serve PORT=5001",
            file=sys.stderr,
        )
        return 1
    if asked.state:
        state.restore(asked.state)
    url = f"http://{asked.host}:{server.effective_port}"
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, _interrupt)
    ending = threading.Event()
    ticking = threading.Thread(target=_tick, args=(ending,), daemon=True)
    ticking.start()
    try:
        tools = str(Path(sys.executable).parent)
        print(f"# The offline AWS is at {url}. In another terminal:", flush=True)
        print(environment.exports(url, tools, asked.region), flush=True)
        if asked.ready_file:
            _write_whole(asked.ready_file, url)
        server.run()
    except KeyboardInterrupt:
        pass
    finally:
        server.close()
        if asked.state:
            _keep(asked.state, ending, ticking)
    return 0


def _load_managed_policies() -> None:
    """A role may name the policies AWS manages; a third of a second once an account.

    The whole process is told, so only a process that serves is: the address of jobs inside a
    test would make every later test's account a second slower.
    """
    from moto.core.config import default_user_config

    default_user_config["iam"]["load_aws_managed_policies"] = True


def _keep(path: Path, ending: threading.Event, ticking: threading.Thread) -> None:
    """Let nothing go on, then write the state; a second signal does not cut it short."""
    from moto_fixtures import data_capture, work
    from moto_fixtures.jobs import background

    background.closing.set()
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, signal.SIG_IGN)
    ending.set()
    work.stop_all()
    ticking.join()
    data_capture.flush_all()
    state.save(path)


def _listen(host: str, port: int) -> Any:
    """Take the port before the seconds it takes to make the application: it may be taken."""
    taken = _socket(host, port)
    server = waitress.create_server(
        Application(),
        sockets=[taken],
        threads=THREADS,
        channel_timeout=10**9,  # by the clock that travels: a jump must not close connections
        max_request_body_size=5 * 1024**3,
    )
    server.channel_class = Channel
    return server


def _socket(host: str, port: int) -> socket.socket:
    """A socket bound to an address; OSError where it is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, port))
    except OSError:
        found.close()
        raise
    return found


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m moto_fixtures serve", description=__doc__)
    parser.add_argument("--host", type=_loopback, default="127.0.0.1", help="a loopback address")
    parser.add_argument("--port", type=int, default=5000, help="0 takes a free one")
    parser.add_argument("--region", default="us-east-1", help="the default region to export")
    parser.add_argument(
        "--state", type=Path, metavar="DIR", help="kept there when it stops, and taken up again"
    )
    parser.add_argument("--ready-file", type=Path, help="its URL is written here once it listens")
    return parser.parse_args(arguments)


def _loopback(host: str) -> str:
    """An address of this machine only: there is no authentication."""
    if host == "localhost":
        return "127.0.0.1"
    if not ipaddress.ip_address(host).is_loopback:
        raise argparse.ArgumentTypeError(
            f"{host} can be reached from other machines, and the offline AWS has no "
            "authentication; use 127.0.0.1"
        )
    return host


def _tick(ending: threading.Event) -> None:
    """Let time pass by itself: run what is due, write what was captured."""
    from moto_fixtures import clock, data_capture

    while not ending.wait(TICK):
        try:
            data_capture.flush_all()
            clock.run_due()
        except Exception:
            log.exception("while time passed")


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


def _write_whole(path: Path, text: str) -> None:
    partial = path.with_name(f"{path.name}.partial")
    partial.write_text(f"{text}\n")
    partial.replace(path)


def _allow_open_files() -> None:
    """As many open files as the machine allows: moto holds one for each large object."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _quieten() -> None:
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(name)s: %(message)s")
    for noisy in ("werkzeug", "waitress.queue", "botocore", "moto"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
