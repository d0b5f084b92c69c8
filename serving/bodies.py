"""The body of `/predict`: one row by name, checked whole before the model is asked.

Needs     the model's schema, and the columns whose missing cells mean something to it
Writes    a row of text; or every field that is wrong, and why, never with its value

pydantic holds each field to its column: a JSON number within the column's range, or text
that is one of its categories. Strictly: `"5"` is no number, `true` is none either. `null` is
"not known" and is taken only where training rows had missing cells; anywhere else the model
would answer, but from a place where it has learnt nothing.

What a reader may miss: `/invocations` takes values that are refused here (a category never
seen, an amount out of range), as drift must reach the monitors. Why the two differ is in
docs/decisions/0011-strict-predict.md.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from serving.payloads import RequestError, json_value, text_of
from serving.schema import Cell, Column, Schema

LONGEST_TEXT = 1000
"""Characters of a category where the categories are not known."""
SHOWN_CATEGORIES = 12
"""Categories that a refusal names, at most."""
ROW = "One case: a field for each of the model's columns, and no other."
_TELLABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
"""Field names that a refusal may repeat: no more than a column would be called."""


class FieldError(BaseModel):
    """What is wrong with one field."""

    field: str | None = Field(description="The field's name; null where it cannot be repeated.")
    reason: str = Field(description="What is wrong, without the value.")


class InvalidFields(RequestError):
    """A row whose fields are wrong: all of them, at once."""

    def __init__(self, errors: tuple[FieldError, ...]) -> None:
        named = "; ".join(f"{each.field or 'a field'}: {each.reason}" for each in errors)
        super().__init__(named, 422)
        self.errors = errors


class Number(float):
    """A JSON number that remembers how it was written: `12.50` stays `12.50` in a capture.

    >>> Number("12.50"), Number("12.50").text
    (12.5, '12.50')
    """

    text: str

    def __new__(cls, text: str) -> Self:
        made = super().__new__(cls, text)
        made.text = text
        return made


@dataclass(frozen=True, slots=True)
class NamedRow:
    """The reader of one model's rows by name.

    >>> amount = Column("amount", "numeric", "currency", minimum=0.01)
    >>> channel = Column("channel", "categorical", categories=("web", "chip"))
    >>> rows = NamedRow.of(Schema((amount, channel)), nullable={"channel"})
    >>> rows.row(rows.document(b'{"channel": null, "amount": 12.50}'))
    ['12.50', None]
    >>> rows.row({"amount": Number("0"), "channel": "telex", "tip": Number("1")})
    Traceback (most recent call last):
    serving.bodies.InvalidFields: amount: less than 0.01 currency; channel: not one of the \
2 values this model knows: web, chip; tip: no field of this model
    """

    schema: Schema
    model: type[BaseModel] = field(repr=False)
    """pydantic's, its fields under the columns' names; also the OpenAPI document's."""

    @classmethod
    def of(cls, schema: Schema, nullable: Collection[str]) -> Self:
        """The reader of a schema's rows; `nullable` are the columns that may be null."""
        fields: dict[str, Any] = {
            # A column may be called what no Python name can be, or what pydantic's are.
            f"column_{at}": (_annotation(column, column.name in nullable), ...)
            for at, column in enumerate(schema.columns)
        }
        config = ConfigDict(extra="forbid", strict=True)
        return cls(schema, create_model("NamedRow", __config__=config, __doc__=ROW, **fields))

    def document(self, body: bytes) -> Any:
        """The JSON value of a body; raises RequestError where there is none."""
        return json_value(text_of(body), "the body", Number)

    def row(self, document: Any) -> list[Cell]:
        """The row in the schema's order; raises InvalidFields, or RequestError for no object."""
        if not isinstance(document, dict):
            raise RequestError("the body must be one JSON object with a field for each column")
        try:
            self.model.model_validate(document)
        except ValidationError as error:
            raise InvalidFields(self._errors(error, document)) from None
        return [_cell(document[name]) for name in self.schema.names]

    def _errors(
        self, error: ValidationError, document: Mapping[str, Any]
    ) -> tuple[FieldError, ...]:
        found = error.errors(include_input=False, include_url=False)
        return tuple(self._error(each, document) for each in found)

    def _error(self, found: Any, document: Mapping[str, Any]) -> FieldError:
        if not found["loc"]:
            return FieldError(field=None, reason="a name or a text is not Unicode")
        name = str(found["loc"][0])
        if found["type"] == "extra_forbidden":
            near = difflib.get_close_matches(name, self.schema.names, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            told = name if _TELLABLE.fullmatch(name) else None
            return FieldError(field=told, reason=f"no field of this model{hint}")
        column = self.schema.columns[self.schema.names.index(name)]
        if found["type"] == "missing":
            return FieldError(field=name, reason="missing")
        if document[name] is None:
            reason = "not known, and no row this model learnt from was without it"
            return FieldError(field=name, reason=reason)
        return FieldError(field=name, reason=_reason(found["type"], column))


def _annotation(column: Column, nullable: bool) -> Any:
    taken: Any
    limits: dict[str, Any] = {}
    if column.kind == "numeric":
        taken = float
        limits = {"ge": column.minimum, "le": column.maximum, "allow_inf_nan": False}
    elif column.categories:
        taken = Literal[column.categories]
    else:
        taken = str
        limits = {"min_length": 1, "max_length": LONGEST_TEXT}
    unit = f"Unit: {column.unit}." if column.unit else ""
    description = " ".join(part for part in (column.description, unit) if part)
    bounded = Annotated[taken, Field(**limits)] if limits else taken
    return Annotated[
        bounded | None if nullable else bounded,
        Field(alias=column.name, title=column.name, description=description or None),
    ]


def _reason(kind: str, column: Column) -> str:
    unit = f" {column.unit}" if column.unit else ""
    if kind == "greater_than_equal":
        return f"less than {column.minimum:g}{unit}"
    if kind == "less_than_equal":
        return f"more than {column.maximum:g}{unit}"
    if kind == "literal_error":
        return f"not one of the {len(column.categories)} values this model knows: {_some(column)}"
    return {
        "float_type": "not a number; in JSON it stands without quotes",
        "finite_number": "too large for a number",
        "string_type": "not text; in JSON it stands in quotes",
        "string_too_short": "empty; null is for what is not known",
        "string_too_long": f"longer than {LONGEST_TEXT} characters",
        "string_unicode": "not Unicode",
    }.get(kind, "not what this model reads")


def _some(column: Column) -> str:
    names = column.categories[:SHOWN_CATEGORIES]
    return ", ".join(names) + (", …" if len(names) < len(column.categories) else "")


def _cell(value: Any) -> Cell:
    return value.text if isinstance(value, Number) else value
