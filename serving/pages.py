"""The pages for people: a form to try the model with, and its description.

Needs     a loaded model, and the OpenAPI document
Writes    GET and POST /, GET /docs

The form sends text and the server answers with the page: no cookie, nothing from another host,
and a script only where the server wants a token, which browsers do not send by themselves.
What is typed is checked as the body of `/predict` is; an empty field is "not known". Style
sheet and script are in the page, and the policy allows those alone, by their hashes.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, render_template, request
from markupsafe import Markup

from serving.bodies import InvalidFields, Number
from serving.examples import usual_row
from serving.exchange import inference_id
from serving.payloads import RequestError
from serving.predict import Prediction, Scoring
from serving.schema import Column

TEMPLATES = Path(__file__).parent / "templates"
STYLE = (TEMPLATES / "style.css").read_text(encoding="utf-8")
SCRIPT = (TEMPLATES / "token.js").read_text(encoding="utf-8")


def _source(text: str) -> str:
    """The name of a text in a page, as a Content-Security-Policy has it."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


POLICY = (
    f"default-src 'none'; style-src {_source(STYLE)}; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
TOKEN_POLICY = f"{POLICY}; script-src {_source(SCRIPT)}; connect-src 'self'"
"""Of the pages of a server that wants a token."""
HTML = "text/html; charset=utf-8"
_JSON_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class FormField:
    """One column as an input of the form."""

    id: str
    name: str
    unit: str
    hint: str
    numeric: bool
    nullable: bool
    choices: tuple[str, ...]
    value: str
    error: str = ""

    @property
    def invalid(self) -> Markup:
        """The attributes that tie an input to what is wrong with it."""
        if not self.error:
            return Markup()
        return Markup(' aria-invalid="true" aria-describedby="{}-wrong"').format(self.id)


@dataclass(frozen=True, slots=True)
class Bar:
    """A reason, and its bar in units of a hundredth of the drawing's width."""

    text: str
    direction: str
    start: float
    width: float


def blueprint(
    scoring: Scoring, described: Callable[[], Mapping[str, Any]], wants_token: bool = False
) -> Blueprint:
    """The routes of the pages; `described` gives the OpenAPI document."""
    policy = TOKEN_POLICY if wants_token else POLICY
    routes = Blueprint("pages", __name__, template_folder="templates")
    usual = dict(zip(scoring.predictor.schema.names, usual_row(scoring.predictor), strict=True))
    first = {name: cell or "" for name, cell in usual.items()}

    def page(template: str, status: int = 200, **shown: Any) -> Response:
        predictor = scoring.predictor
        text = render_template(
            template,
            title=predictor.name,
            version=predictor.version,
            style=STYLE,
            script=SCRIPT,
            wants_token=wants_token,
            root=request.script_root,
            **shown,
        )
        return Response(text, status, {"Content-Security-Policy": policy}, content_type=HTML)

    @routes.app_template_filter("json")
    def as_json(value: Any) -> str:
        return json.dumps(value, indent=2, ensure_ascii=False)

    @routes.get("/")
    def form() -> Response:
        return page("form.html", fields=_fields(scoring, first, {}))

    @routes.post("/")
    def ask() -> Response:
        if request.mimetype != "application/x-www-form-urlencoded":
            raise RequestError("the content type is not that of a form", 415)
        typed = request.form.to_dict()
        try:
            row = scoring.named.row(_document(scoring, typed))
            found = scoring.prediction(row, inference_id())
        except InvalidFields as error:
            wrong = {each.field or "": each.reason for each in error.errors}
            fields = _fields(scoring, typed, wrong)
            elsewhere = [str(error)] if not wrong.keys() <= set(first) else []
            said = " ".join([*elsewhere, "Some fields are wrong; each one says how."])
            return page("form.html", 422, fields=fields, wrong=said)
        return page(
            "form.html",
            fields=_fields(scoring, typed, {}),
            prediction=found,
            probability=_percent(found.probability),
            threshold=_percent(found.threshold),
            bars=_bars(found),
        )

    @routes.get("/docs")
    def docs() -> Response:
        return page("docs.html", document=described())

    return routes


def _document(scoring: Scoring, typed: Mapping[str, str]) -> dict[str, Any]:
    """What was typed, as the body of `/predict` would have it."""
    numeric = {column.name for column in scoring.predictor.schema.columns if _numeric(column)}
    document: dict[str, Any] = {}
    for name, text in typed.items():
        number = name in numeric and _JSON_NUMBER.fullmatch(text.strip())
        document[name] = None if text == "" else Number(text.strip()) if number else text
    return document


def _fields(
    scoring: Scoring, values: Mapping[str, str], wrong: Mapping[str, str]
) -> list[FormField]:
    nullable = scoring.predictor.nullable
    return [
        FormField(
            id=f"column-{at}",
            name=column.name,
            unit=column.unit,
            hint=_hint(column, column.name in nullable),
            numeric=_numeric(column),
            nullable=column.name in nullable,
            choices=column.categories,
            value=values.get(column.name, ""),
            error=wrong.get(column.name, ""),
        )
        for at, column in enumerate(scoring.predictor.schema.columns)
    ]


def _numeric(column: Column) -> bool:
    return column.kind == "numeric"


def _hint(column: Column, nullable: bool) -> str:
    """What may be typed.

    >>> _hint(Column("ratio", "numeric", description="Debts.", minimum=0, maximum=1), True)
    'Debts. From 0 to 1. Empty where not known.'
    """
    limits = [
        f"from {column.minimum:g}" if column.minimum is not None else "",
        f"to {column.maximum:g}" if column.maximum is not None else "",
    ]
    range_ = " ".join(limit for limit in limits if limit)
    sentences = [
        column.description,
        f"{range_[0].upper()}{range_[1:]}." if range_ else "",
        "Empty where not known." if nullable and not column.categories else "",
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def _percent(share: float) -> str:
    """
    >>> _percent(0.12345), _percent(0.0001234), _percent(1.0)
    ('12.3%', '0.012%', '100.0%')
    """
    return f"{share:.1%}" if share >= 0.01 else f"{100 * share:.2g}%"


def _bars(found: Prediction) -> list[Bar]:
    reasons = found.reasons or []
    longest = max((abs(reason.contribution) for reason in reasons), default=1.0)
    bars = []
    for reason in reasons:
        width = round(48 * abs(reason.contribution) / longest, 2)
        start = 0.0 if reason.direction == "raises" else -width
        bars.append(Bar(reason.text, reason.direction, start, width))
    return bars
