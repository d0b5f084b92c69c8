"""The expressions of a pipeline definition: `Get`, `Std:Join` and `Std:JsonGet`.

Needs     a document, and a Scope that knows parameters, variables and finished steps
Gives     the document with every expression replaced by its value; what it refers to

`Outputs['train']` addresses an element of a list by its name, whichever member holds it
(`OutputName`, `ChannelName`, …). A whole number joined into text loses no digit and gains
no point; a boolean joined is `true` or `false`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

JOIN, JSON_GET, GET = "Std:Join", "Std:JsonGet", "Get"
ELEMENT_NAMES = ("OutputName", "InputName", "ChannelName", "MetricName", "ContainerHostname")
"""Members by which an element of a list in a Describe answer is named."""
_PART = re.compile(r"\.?([^.\[\]]+)|\['([^']*)'\]|\[\"([^\"]*)\"\]|\[(\d+)\]")


class ExpressionError(Exception):
    """An expression that has no value; the message is the step's failure reason."""


class Scope(Protocol):
    """Where the expressions of one step find their values."""

    def parameter(self, name: str) -> Any:
        """The value of a parameter, in its declared type."""

    def variable(self, name: str) -> Any:
        """The value of an execution variable, such as `PipelineExecutionId`."""

    def properties(self, step: str) -> Mapping[str, Any]:
        """What a finished step answered."""

    def property_file(self, step: str, name: str) -> str:
        """The S3 URI of a file a finished step left."""

    def document(self, uri: str) -> Any:
        """The JSON document at an S3 URI."""


@dataclass(frozen=True, slots=True)
class Reference:
    """What a `Get` refers to: `Parameters.Rows`, `Execution.PipelineName`, `Steps.Train.…`."""

    kind: str
    """`Parameters`, `Execution` or `Steps`."""
    name: str
    path: str = ""
    """Behind a step's name: a path into what it answered, or `PropertyFiles.<name>`."""

    @classmethod
    def parse(cls, text: str) -> Reference:
        """Read the text of a `Get`.

        Raises:
            ExpressionError: it names nothing that can be referred to.

        >>> Reference.parse("Steps.Train.ModelArtifacts.S3ModelArtifacts").path
        'ModelArtifacts.S3ModelArtifacts'
        """
        kind, _, rest = text.partition(".")
        name = re.split(r"[.\[]", rest, maxsplit=1)[0]
        if kind not in {"Parameters", "Execution", "Steps"} or not name:
            raise ExpressionError(
                f"{text!r} refers to nothing; a reference begins with Parameters., Execution. "
                "or Steps."
            )
        path = rest[len(name) :].lstrip(".")
        if kind != "Steps" and path:
            raise ExpressionError(f"{text!r} refers to a member of {name}, which has none.")
        return cls(kind, name, path)


def references(value: Any) -> Iterator[Reference]:
    """Every reference in a document, however deep."""
    if isinstance(value, Mapping):
        if set(value) == {GET} and isinstance(value[GET], str):
            yield Reference.parse(value[GET])
            return
        for member in value.values():
            yield from references(member)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def resolve(value: Any, scope: Scope) -> Any:
    """A document with its expressions replaced by their values.

    Raises:
        ExpressionError: an expression has no value, or is none.
    """
    if isinstance(value, list):
        return [resolve(item, scope) for item in value]
    if not isinstance(value, Mapping):
        return value
    if set(value) == {GET} and isinstance(value[GET], str):
        return _get(Reference.parse(value[GET]), scope)
    if set(value) == {JOIN}:
        return _join(value[JOIN], scope)
    if set(value) == {JSON_GET}:
        return _json_get(value[JSON_GET], scope)
    return {name: resolve(member, scope) for name, member in value.items()}


def text(value: Any) -> str:
    """A value as `Std:Join` writes it.

    >>> text(20), text(0.5), text(True), text("a")
    ('20', '0.5', 'true', 'a')
    """
    return json.dumps(value) if isinstance(value, bool | int | float) else str(value)


def at(document: Any, path: str, where: str) -> Any:
    """The value at a path such as `metrics.auc.value`, `Outputs['train']` or `rows[0]`.

    >>> at({"Outputs": [{"OutputName": "train", "Uri": "s3://a"}]}, "Outputs['train'].Uri", "it")
    's3://a'

    Raises:
        ExpressionError: nothing is there.
    """
    found, position = document, 0
    path = path.removeprefix("$").removeprefix(".")
    while position < len(path):
        part = _PART.match(path, position)
        if part is None:
            raise ExpressionError(f"{where}: {path!r} is no path.")
        key = next(group for group in part.groups() if group is not None)
        try:
            found = _member(found, int(key) if part[4] else key)
        except (KeyError, IndexError, TypeError):
            raise ExpressionError(
                f"{where}: there is nothing at {path[: part.end()]!r}; check the path {path!r}."
            ) from None
        position = part.end()
    return found


def _member(container: Any, key: str | int) -> Any:
    if isinstance(container, list) and isinstance(key, str):
        for item in container:
            if any(item.get(name) == key for name in ELEMENT_NAMES):
                return item
        raise KeyError(key)
    return container[key]


def _get(reference: Reference, scope: Scope) -> Any:
    if reference.kind == "Parameters":
        return scope.parameter(reference.name)
    if reference.kind == "Execution":
        return scope.variable(reference.name)
    where = f"Steps.{reference.name}"
    return at(scope.properties(reference.name), reference.path, where)


def _join(join: Mapping[str, Any], scope: Scope) -> str:
    values = [resolve(value, scope) for value in join.get("Values", [])]
    wrong = [value for value in values if isinstance(value, list | Mapping) or value is None]
    if wrong:
        raise ExpressionError(f"{JOIN} takes text, numbers and booleans, not {wrong[0]!r}.")
    return str(join.get("On", "")).join(text(value) for value in values)


def _json_get(get: Mapping[str, Any], scope: Scope) -> Any:
    if "PropertyFile" in get:
        reference = Reference.parse(get["PropertyFile"]["Get"])
        uri = scope.property_file(reference.name, reference.path.removeprefix("PropertyFiles."))
    else:
        uri = text(resolve(get["S3Uri"], scope))
    return at(scope.document(uri), str(get["Path"]), uri)
