"""What surrounds the model's answers: the door, the log, the metrics, capture and feedback.

Needs     an application, its settings, and the model's name and version
Writes    GET /metrics, POST and GET /feedback; a log line and captured event per request

An application asks for all of it in one line, `operations.install(…)`. What is counted is
counted after the answer is made, so nothing here can change an answer.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from flask import Flask, Response, g, request

from monitoring.aws.clients import connect
from monitoring.aws.folders import Folder, folder
from serving import exchange, feedback, guard
from serving.feedback_store import FeedbackStore
from serving.metrics import CONTENT_TYPE, UNMATCHED, Metrics
from serving.plain_capture import PlainCapture
from serving.request_log import RequestLog, writer
from serving.settings import Settings

REQUEST_ID = "X-Request-Id"
QUIET = frozenset({"/ping", "/metrics"})
"""Asked every few seconds by machines: counted, not logged."""


@dataclass(frozen=True, slots=True)
class Operations:
    """What is kept of an application's requests. `close` writes what is still held."""

    model: str
    version: str
    metrics: Metrics
    request_log: RequestLog | None
    capture: PlainCapture | None

    def close(self, patience: float = 5.0) -> None:
        """Write what is still held, for at most `patience` seconds each."""
        for each in (self.request_log, self.capture):
            if each is not None:
                each.close(patience)


def install(
    app: Flask,
    settings: Settings,
    model: str,
    version: str,
    open_folder: Callable[[str], Folder] | None = None,
) -> Operations:
    """Surround `app`; also found as app.extensions["operations"], to be closed at the end.

    `open_folder` opens the settings' folders; by default with the session of this machine.
    """
    open_folder = open_folder or _folder
    metrics = Metrics(model, version)
    kept = Operations(
        model,
        version,
        metrics,
        RequestLog(writer(settings.request_log), partial(_lose, metrics, "request_log"))
        if settings.request_log
        else None,
        PlainCapture(
            # What was asked is somebody's income or purchases.
            open_folder(settings.capture).private(),
            settings.endpoint or model,
            settings.capture_percentage,
            partial(_lose, metrics, "capture"),
        )
        if settings.capture
        else None,
    )
    _account(app, kept)
    guard.install(app, settings)
    app.register_blueprint(feedback.blueprint(_store(settings, open_folder), metrics))
    app.add_url_rule("/metrics", "metrics", partial(_metrics, metrics))
    app.extensions["operations"] = kept
    return kept


def _account(app: Flask, kept: Operations) -> None:
    """Keep account of every request: the first thing done for it, and the last."""

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()
        g.request_id = str(uuid.uuid4())
        exchange.begin()

    @app.after_request
    def end(response: Response) -> Response:
        seconds = time.perf_counter() - g.began
        route = request.url_rule.rule if request.url_rule is not None else UNMATCHED
        came_to = exchange.noted()
        rows = came_to.rows if came_to is not None else 0
        response.headers[REQUEST_ID] = g.request_id
        kept.metrics.answered(route, response.status_code, seconds, rows)
        if kept.request_log is not None and route not in QUIET:
            kept.request_log.add(
                g.request_id,
                route,
                response.status_code,
                seconds,
                rows=rows,
                model=kept.model,
                version=kept.version,
            )
        if came_to is not None:
            response.headers[exchange.INFERENCE_ID] = exchange.inference_id()
            if kept.capture is not None:
                _capture(kept.capture, kept.metrics, came_to)
        return response


def _capture(capture: PlainCapture, metrics: Metrics, came_to: exchange.Exchange) -> None:
    held = capture.add(
        came_to,
        exchange.inference_id(),
        exchange.is_callers(),
        request.headers.get(exchange.CUSTOM_ATTRIBUTES),
    )
    if held:
        metrics.captured()


def _store(settings: Settings, open_folder: Callable[[str], Folder]) -> FeedbackStore | None:
    if not settings.feedback:
        return None
    place = open_folder(settings.feedback)
    return FeedbackStore(place, place.private(), lambda: datetime.now(UTC))


def _folder(place: str) -> Folder:
    return folder(place, connect())


def _lose(metrics: Metrics, what: str, count: int, why: str) -> None:
    metrics.lost(what, count, why)


def _metrics(metrics: Metrics) -> Response:
    return Response(metrics.exposition(), 200, content_type=CONTENT_TYPE)
