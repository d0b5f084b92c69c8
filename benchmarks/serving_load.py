"""The server under load on this machine: how long an answer takes, and how many rows a second.

    .venv/bin/python -m benchmarks.serving_load --to docs/serving.md

Clients with a connection each ask as fast as they are answered, over loopback, for SECONDS;
beside it stands the floor: scikit-learn's predict_proba on the same rows, in as many
processes and without a server. The clients run on the same cores as the server, so what they
cost is in the figures. Nothing is asked anywhere but on 127.0.0.1.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pipelines import data
from pipelines.data import lines
from pipelines.models import fraud
from pipelines.preprocess import preprocess
from pipelines.train import train
from serving.model import Predictor
from serving.schema import Row

SECONDS = 5.0
MOST_REQUESTS = 200_000
CLIENTS, SIZES = (1, 8, 64), (1, 100)
BEGIN, END = "<!-- benchmarks/serving_load.py -->", "<!-- end -->"
PACKAGES = ("Flask", "gunicorn", "numpy", "scikit-learn")


class Figures(NamedTuple):
    """Of one point: seconds each call took, and the seconds they took together."""

    calls: np.ndarray
    elapsed: float

    def line(self, what: str, clients: int, size: int) -> str:
        p50, p95, p99 = np.percentile(self.calls, (50, 95, 99)) * 1000
        rate = len(self.calls) / self.elapsed
        return (
            f"| {what} | {clients} | {size} | {p50:.2f} | {p95:.2f} | {p99:.2f} "
            f"| {rate:,.0f} | {rate * size:,.0f} |"
        )


def main() -> None:
    """Measure, print the table, and put it into a page where one is named."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--to", type=Path)
    asked = parser.parse_args()
    if not 0 < asked.seconds <= 60:
        parser.error("--seconds is more than 0 and at most 60")
    # As the server's workers have it, and before scikit-learn starts its threads.
    os.environ["OMP_NUM_THREADS"] = "1"
    with tempfile.TemporaryDirectory() as build:
        rows = built(Path(build))
        table = "\n".join(report(Path(build, "model"), rows, asked.workers, asked.seconds))
    print(table)
    if asked.to:
        page = asked.to.read_text(encoding="utf-8")
        before, _, rest = page.partition(BEGIN)
        after = rest.partition(END)[2]
        asked.to.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", encoding="utf-8")


def built(build: Path) -> list[Row]:
    """Train the example model on 20,000 made-up transactions; its held-out rows."""
    preprocess(build / "data", fraud.MODEL, fraud.generate(20_000, seed=3), seed=3)
    train(build / "data", build / "model")
    return list(data.read(build / "data", "traffic", fraud.MODEL).rows)


def report(model: Path, rows: Sequence[Row], workers: int, seconds: float) -> Iterator[str]:
    """The lines of the table, and below it where and how it was measured."""
    load = os.getloadavg()[0]
    yield "| | clients | rows a request | p50 ms | p95 ms | p99 ms | requests/s | rows/s |"
    yield "|---|--:|--:|--:|--:|--:|--:|--:|"
    for size in SIZES:
        for processes in sorted({1, workers}):
            yield floor(model, rows[:size], processes, seconds).line("floor", processes, size)
    with server(model, workers) as port:
        for size in SIZES:
            body = "\n".join(lines(rows[:size])).encode()
            for clients in CLIENTS:
                figures = asyncio.run(loaded(port, body, clients, seconds))
                yield figures.line("server", clients, size)
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    yield ""
    yield (
        f"{datetime.now(UTC):%Y-%m-%d}, {len(os.sched_getaffinity(0))} cores of {_processor()}, "
        f"Python {platform.python_version()}, {versions}; {workers} workers, {seconds:g} s a "
        f"line, load average {load:.1f} before it began."
    )


def floor(model: Path, rows: Sequence[Row], processes: int, seconds: float) -> Figures:
    """predict_proba on the same rows, in processes that share nothing."""
    with ProcessPoolExecutor(processes) as pool:
        done = list(pool.map(_predicting, *zip(*[(model, rows, seconds)] * processes, strict=True)))
    return Figures(np.concatenate([each.calls for each in done]), max(e.elapsed for e in done))


def _predicting(model: Path, rows: Sequence[Row], seconds: float) -> Figures:
    pipeline = Predictor.load(model).pipeline
    ask: Callable[[], object] = lambda: pipeline.predict_proba(rows)  # noqa: E731
    ask()
    calls = []
    begun = now = time.perf_counter()
    while now - begun < seconds and len(calls) < MOST_REQUESTS:
        ask()
        calls.append(-now + (now := time.perf_counter()))
    return Figures(np.array(calls), now - begun)


async def loaded(port: int, body: bytes, clients: int, seconds: float) -> Figures:
    """What `clients` were answered; a first round that warms the workers is not counted."""
    request = (
        b"POST /invocations HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    )
    await asyncio.gather(*(client(port, request, 0.5, []) for _ in range(clients)))
    calls: list[float] = []
    begun = time.perf_counter()
    await asyncio.gather(*(client(port, request, seconds, calls) for _ in range(clients)))
    return Figures(np.array(calls), time.perf_counter() - begun)


async def client(port: int, request: bytes, seconds: float, calls: list[float]) -> None:
    """Ask over one connection until the time is up; an answer that is not 200 ends it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    begun = now = time.perf_counter()
    while now - begun < seconds and len(calls) < MOST_REQUESTS:
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        if not head.startswith(b"http/1.1 200"):
            raise RuntimeError(head.decode().partition("\r\n")[0])
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
        calls.append(-now + (now := time.perf_counter()))
    writer.close()
    await writer.wait_closed()


@contextmanager
def server(model: Path, workers: int) -> Iterator[int]:
    """The server as a plain host runs it, its request log thrown away."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = ["-m", "serving", "--model", model, "--port", str(port), "--workers", str(workers)]
    started = subprocess.Popen(
        [sys.executable, *command], env={**os.environ, "SERVING_REQUEST_LOG": os.devnull}
    )
    try:
        until = time.monotonic() + 60
        while socket.socket().connect_ex(("127.0.0.1", port)):
            if time.monotonic() > until or started.poll() is not None:
                raise RuntimeError("the server did not start")
            time.sleep(0.1)
        yield port
    finally:
        started.terminate()
        started.wait()


def _processor() -> str:
    found = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return found[0] if found else platform.processor()


if __name__ == "__main__":
    main()
