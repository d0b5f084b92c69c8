"""The server under load on this machine: how long an answer takes, and how many rows a second.

    .venv/bin/python -m benchmarks.serving_load --to docs/serving.md

Clients with a connection each ask as fast as they are answered, over loopback, for SECONDS;
beside it stands the floor: scikit-learn's predict_proba on the same rows, in as many
processes and without a server. The clients run on the same cores as the server, so what they
cost is in requests a second; it is told beside the server's CPU time, which load by others
changes least. Nothing is asked anywhere but on 127.0.0.1.
"""

from __future__ import annotations

import argparse
import os
import platform
import socket
import subprocess
import sys
import tempfile
import threading
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
    """Of one point, in seconds: each call, all together, and the CPU time of both sides."""

    calls: np.ndarray
    elapsed: float
    cpu: float
    """Of the server, or of the floor's processes."""
    clients_cpu: float = 0.0

    def line(self, what: str, clients: int, size: int) -> str:
        p50, p95, p99 = np.percentile(self.calls, (50, 95, 99)) * 1000
        rate = len(self.calls) / self.elapsed
        cpu, asking = (1000 * each / len(self.calls) for each in (self.cpu, self.clients_cpu))
        return (
            f"| {what} | {clients} | {size} | {p50:.2f} | {p95:.2f} | {p99:.2f} "
            f"| {cpu:.2f} | {asking:.2f} | {rate:,.0f} | {rate * size:,.0f} |"
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
    yield (
        "| | clients | rows a request | p50 ms | p95 ms | p99 ms | CPU ms | clients' CPU ms "
        "| requests/s | rows/s |"
    )
    yield "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
    for size in SIZES:
        for processes in sorted({1, workers}):
            yield floor(model, rows[:size], processes, seconds).line("floor", processes, size)
    with server(model, workers) as (port, master):
        for size in SIZES:
            body = "\n".join(lines(rows[:size])).encode()
            for clients in CLIENTS:
                figures = loaded(port, master, body, clients, seconds)
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
    return Figures(
        np.concatenate([each.calls for each in done]),
        max(each.elapsed for each in done),
        sum(each.cpu for each in done),
    )


def _predicting(model: Path, rows: Sequence[Row], seconds: float) -> Figures:
    pipeline = Predictor.load(model).pipeline
    ask: Callable[[], object] = lambda: pipeline.predict_proba(rows)  # noqa: E731
    ask()
    calls = []
    used = time.process_time()
    begun = now = time.perf_counter()
    while now - begun < seconds and len(calls) < MOST_REQUESTS:
        ask()
        calls.append(-now + (now := time.perf_counter()))
    return Figures(np.array(calls), now - begun, time.process_time() - used)


def loaded(port: int, master: int, body: bytes, clients: int, seconds: float) -> Figures:
    """What `clients` were answered; a first round that warms the workers is not counted."""
    request = (
        b"POST /invocations HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    )
    together(clients, port, request, min(seconds, 0.5))
    used, asking = cpu_of(master), time.process_time()
    begun = time.perf_counter()
    calls = together(clients, port, request, seconds)
    elapsed = time.perf_counter() - begun
    asking = time.process_time() - asking
    return Figures(np.array(calls), elapsed, cpu_of(master) - used, asking)


def together(clients: int, port: int, request: bytes, seconds: float) -> list[float]:
    """The seconds each request took, of so many clients at once; RuntimeError where one failed."""
    calls: list[list[float]] = [[] for _ in range(clients)]
    asking = [
        threading.Thread(target=client, args=(port, request, seconds, each)) for each in calls
    ]
    for each in asking:
        each.start()
    for each in asking:
        each.join()
    if not all(calls):
        raise RuntimeError("a client was not answered with 200")
    return [call for each in calls for call in each]


def client(port: int, request: bytes, seconds: float, calls: list[float]) -> None:
    """Ask over one connection until the time is up; after an answer that is not 200 none count."""
    with socket.create_connection(("127.0.0.1", port)) as asked:
        asked.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        begun = now = time.perf_counter()
        while now - begun < seconds and len(calls) < MOST_REQUESTS:
            asked.sendall(request)
            if not answered(asked):
                calls.clear()
                return
            calls.append(-now + (now := time.perf_counter()))


def answered(asked: socket.socket) -> bool:
    """Read one answer whole; whether it is a 200."""
    found = b""
    while b"\r\n\r\n" not in found:
        if not (read := asked.recv(65_536)):
            return False
        found += read
    head, _, body = found.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
    while len(body) < length:
        body += asked.recv(65_536)
    return head.startswith(b"HTTP/1.1 200")


def cpu_of(master: int) -> float:
    """Seconds of CPU time that a process and its children have used so far; Linux."""
    children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    return (
        sum(
            int((thread / "schedstat").read_text().split()[0])
            for process in (str(master), *children)
            for thread in Path("/proc", process, "task").iterdir()
        )
        / 1e9
    )


@contextmanager
def server(model: Path, workers: int) -> Iterator[tuple[int, int]]:
    """The server as a plain host runs it, its request log thrown away: its port and process id."""
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
        yield port, started.pid
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
