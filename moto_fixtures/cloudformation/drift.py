"""Drift: how live resources differ from what their stack made them.

Needs     a stack that is not being changed, and `live`, which reads its resources
Gives     IN_SYNC, MODIFIED (which properties, and how) or DELETED for each

Only properties that the template sets are compared, so a service's defaults are no drift; a
secret is not read for it. Types that cannot be read stay NOT_CHECKED and are left out of the
list, as on AWS. The one thing a reader gets wrong: detecting changes nothing, and an update does
not repair drift where the template stays the same.
Source: "Detect unmanaged configuration changes to stacks and resources", CloudFormation user guide.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from botocore.exceptions import ClientError
from moto.core.utils import utcnow
from moto.moto_api._internal import mock_random

from moto_fixtures.cloudformation import live
from moto_fixtures.cloudformation.errors import ValidationError, is_absent, reason
from moto_fixtures.cloudformation.intrinsics import is_secret, text
from moto_fixtures.cloudformation.resource_types.base import Scope
from moto_fixtures.cloudformation.stack import Drift, Resource, Stack

DETECTABLE = frozenset({
    "CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED",
})  # fmt: skip


@dataclass(frozen=True)
class Difference:
    """One place where a live resource differs."""

    path: str
    expected: Any
    actual: Any
    kind: Literal["ADD", "REMOVE", "NOT_EQUAL"]


@dataclass(frozen=True)
class Detection:
    """One run of drift detection over a stack."""

    stack_id: str
    status: str
    drifted: int
    failure: str | None = None
    """Which resources could not be read; the others were."""
    detection_id: str = field(default_factory=lambda: str(mock_random.uuid4()))
    timestamp: dt.datetime = field(default_factory=utcnow)


def detect(stack: Stack, scope: Scope, only: Iterable[str] = ()) -> Detection:
    """Compare a stack's resources (or some of them) with what they are now.

    Raises ValidationError when the stack's state forbids it, or a resource is not in it.
    """
    if stack.status not in DETECTABLE:
        raise ValidationError(
            f"Drift detection cannot be performed on stack [{stack.stack_id}] in {stack.status} "
            "state."
        )
    wanted = tuple(only) or tuple(stack.resources)
    if unknown := sorted(set(wanted) - set(stack.resources)):
        raise ValidationError(f"Resources [{', '.join(unknown)}] do not exist in the stack")
    for logical_id in wanted:
        resource = stack.resources[logical_id]
        if live.is_readable(resource.type_name):
            stack.drifts[logical_id] = _drift(scope, resource)
    stack.drifts = {key: found for key, found in stack.drifts.items() if key in stack.resources}
    drifted = sum(found.status in ("MODIFIED", "DELETED") for found in stack.drifts.values())
    unread = [key for key, found in stack.drifts.items() if found.status == "UNKNOWN"]
    stack.drift_status = "DRIFTED" if drifted else "UNKNOWN" if unread else "IN_SYNC"
    stack.drift_checked = utcnow()
    failure = f"Failed to detect drift on resource(s) [{', '.join(unread)}]" if unread else None
    return Detection(stack.stack_id, stack.drift_status, drifted, failure)


def _drift(scope: Scope, resource: Resource) -> Drift:
    """The drift of one resource of a readable type."""
    try:
        found = live.read(scope, resource)
    except ClientError as error:
        if not is_absent(error):
            return Drift(resource, "UNKNOWN", reason=reason(error))
        found = None
    if found is None:
        return Drift(resource, "DELETED")
    compared = {
        name: value for name, value in resource.properties.items() if _member(found, name) in found
    }
    differing = tuple(differences(compared, found))
    actual = {name: found[_member(found, name)] for name in compared}
    return Drift(
        resource,
        "MODIFIED" if differing else "IN_SYNC",
        _document({name: value for name, value in actual.items() if value is not None}),
        tuple(_on_the_wire(item) for item in differing),
    )


def differences(expected: Any, actual: Any, path: str = "") -> Iterator[Difference]:
    """Where an actual value lacks or contradicts what is expected.

    Members the service has besides are no difference, items of a list are; the order of a list
    and the letters' case of a member do not matter, and a document may be JSON text.

    >>> [item.path for item in differences({"A": [1, {"B": "x"}]}, {"a": [{"b": "y", "C": 1}, 1]})]
    ['/A/1/B']
    """
    if isinstance(expected, str) and is_secret(expected):
        return
    if isinstance(expected, dict | list) and isinstance(actual, str):
        actual = _parsed(actual)
    if isinstance(expected, dict) and isinstance(actual, Mapping):
        for name, value in expected.items():
            yield from differences(value, actual.get(_member(actual, name)), f"{path}/{name}")
    elif isinstance(expected, list) and isinstance(actual, list):
        yield from _in_lists(expected, actual, path)
    elif actual is None:
        yield Difference(path, expected, None, "REMOVE")
    elif expected != actual and _text(expected) != _text(actual):
        yield Difference(path, expected, actual, "NOT_EQUAL")


def _in_lists(expected: list[Any], actual: list[Any], path: str) -> Iterator[Difference]:
    unmatched, remaining = [], list(actual)
    for index, value in enumerate(expected):
        same = next((item for item in remaining if not any(differences(value, item))), None)
        if same is None:
            unmatched.append((index, value))
        else:
            remaining.remove(same)
    for index, value in unmatched:
        found = remaining.pop(0) if remaining else None
        yield from differences(value, found, f"{path}/{index}")
    for offset, value in enumerate(remaining):
        yield Difference(f"{path}/{len(expected) + offset}", None, value, "ADD")


def _member(found: Mapping[str, Any], name: str) -> str:
    """The name a member has in a description, whatever the case of its letters."""
    if name in found:
        return name
    return next((other for other in found if other.lower() == name.lower()), name)


def _parsed(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return _document(value) if isinstance(value, dict | list) else text(value)


def _document(value: Any) -> str:
    return json.dumps(value, default=str, sort_keys=True)


def _on_the_wire(found: Difference) -> dict[str, str]:
    return {
        "PropertyPath": found.path,
        "ExpectedValue": "null" if found.expected is None else _text(found.expected),
        "ActualValue": "null" if found.actual is None else _text(found.actual),
        "DifferenceType": found.kind,
    }
