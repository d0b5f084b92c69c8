"""What Prometheus is told: requests, their time, rows, refusals, and what was lost.

Needs     every request's route and status
Writes    the body of GET /metrics

Every label's values are known beforehand: routes are the application's own, reasons are
those of REASONS. Nothing a caller sends becomes a label, so a caller can neither fill the
server's memory with series nor read in them what another one sent.

Under several processes PROMETHEUS_MULTIPROC_DIR must be set before prometheus_client is
imported (serving/container.py does): the numbers are then those of all of them.
"""

from __future__ import annotations

import os

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

SEVERAL_PROCESSES = "PROMETHEUS_MULTIPROC_DIR" in os.environ
"""Read once, as prometheus_client reads it: when it is imported, and never again."""
CONTENT_TYPE = CONTENT_TYPE_LATEST
UNMATCHED = "unmatched"
"""The route of a request that no route of the application takes."""
SECONDS = (0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
REASONS = {
    400: "malformed",
    401: "unauthorized",
    403: "host",
    404: "not_found",
    405: "method",
    406: "not_acceptable",
    409: "conflict",
    413: "too_large",
    415: "media_type",
    422: "invalid",
    429: "rate",
}


def reason(status: int) -> str:
    """Why a request was refused, from the status it was refused with.

    >>> reason(429), reason(418), reason(503)
    ('rate', 'other', 'failed')
    """
    return "failed" if status >= 500 else REASONS.get(status, "other")


class Metrics:
    """The numbers of one application."""

    def __init__(self, model: str, version: str) -> None:
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "serving_requests", "Requests answered.", ["route", "status"], registry=registry
        )
        self._seconds = Histogram(
            "serving_request_seconds",
            "Seconds from a request's arrival to its answer.",
            ["route"],
            buckets=SECONDS,
            registry=registry,
        )
        self._rows = Counter("serving_rows", "Rows scored.", ["route"], registry=registry)
        self._refused = Counter(
            "serving_refused", "Requests refused, by reason.", ["reason"], registry=registry
        )
        self._lost = Counter(
            "serving_lost",
            "Log lines and captured events lost: the queue was full, or writing failed.",
            ["what", "why"],
            registry=registry,
        )
        self._captured = Counter("serving_captured", "Events kept for capture.", registry=registry)
        self._feedback = Counter(
            "serving_feedback", "Feedback, by what came of it.", ["outcome"], registry=registry
        )
        info = Gauge(
            "serving_model_info",
            "1; its labels say which model answers.",
            ["model", "version"],
            multiprocess_mode="max",
            registry=registry,
        )
        info.labels(model, version).set(1)

    def answered(self, route: str, status: int, seconds: float, rows: int) -> None:
        """Count one request."""
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)
        if rows:
            self._rows.labels(route).inc(rows)
        if status >= 400:
            self._refused.labels(reason(status)).inc()

    def lost(self, what: str, count: int, why: str) -> None:
        """Count what a queue lost; `what` is `request_log` or `capture`."""
        self._lost.labels(what, why).inc(count)

    def captured(self) -> None:
        """Count an event handed to data capture."""
        self._captured.inc()

    def feedback(self, outcome: str) -> None:
        """Count feedback; `outcome` is one of serving.feedback_store.Outcome's values."""
        self._feedback.labels(outcome).inc()

    def exposition(self) -> bytes:
        """The numbers in Prometheus's text format, of all processes where there are several."""
        registry = self._registry
        if SEVERAL_PROCESSES:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)
