"""A request for any action of AWS, from botocore's model and a table of values.

Needs   stock_requests.yaml beside this file: what a member is called → what it is given
Gives   `ACTIONS`, in the order in which they are called, and a request for each

A member without a row gets what its shape asks for: the first of its enumeration, its least
number, one element, its own name. Only required members are filled, and those a row gives.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape
from botocore.session import get_session

SERVICES = ("s3", "sqs", "sns", "events", "cloudwatch", "sagemaker")
"""Those of the issue, in an order in which one may lean on the one before."""
TABLE = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/stock:1"
MADE_BY = ("Create", "Put", "Add", "Subscribe", "Register", "Import", "Associate", "Send",
           "Publish", "Upload", "Copy", "Tag", "Complete")  # fmt: skip
CHANGED_BY = ("Update", "Set", "Start", "Stop", "Enable", "Disable", "Change", "Activate",
              "Deactivate", "Retry", "Confirm", "Opt", "Rename", "Restore", "Cancel",
              "Pause", "Resume", "Write", "Verify", "Reboot", "Replace", "Extend", "Attach",
              "Detach")  # fmt: skip
ENDED_BY = ("Delete", "Remove", "Unsubscribe", "Purge", "Abort", "Untag", "Disassociate",
            "Deauthorize", "Deregister")  # fmt: skip
"""How an action's name begins. Every other action reads."""


@dataclass(frozen=True, slots=True)
class Action:
    """One action of one service."""

    service: str
    name: str

    def __str__(self) -> str:
        return f"{self.service}:{self.name}"


@cache
def model(service: str) -> ServiceModel:
    """What botocore knows of a service."""
    return get_session().get_service_model(service)


def phases() -> Iterator[tuple[str, list[Action]]]:
    """All actions, time and again: before anything is there, while it is, and afterwards."""
    made = _ordered(MADE_BY, TABLE["made first"])
    changed, ended = _ordered(CHANGED_BY, []), _ordered(ENDED_BY, TABLE["ended first"])
    others = {*made, *changed, *ended}
    read = [one for one in every() if one not in others]
    yield "nothing is there", [*read, *changed, *ended]
    yield "made", made
    yield "read", read
    yield "made again", made
    yield "changed", changed
    yield "read after changes", read
    yield "ended", ended
    yield "read after the end", read


def every() -> list[Action]:
    """Every action of the services, those left out of the table's reasons."""
    return [
        Action(service, name)
        for service in SERVICES
        for name in sorted(model(service).operation_names)
        if f"{service}:{name}" not in TABLE["left out"]
    ]


def _ordered(verbs: tuple[str, ...], first: list[str]) -> list[Action]:
    found = [one for one in every() if one.name.startswith(verbs)]
    places = {name: place for place, name in enumerate(first)}
    return sorted(found, key=lambda one: places.get(str(one), len(places)))


def requests(action: Action, answers: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What the action is asked, one time or several, references to earlier answers filled in."""
    whole = TABLE["requests"].get(str(action))
    if whole is None:
        shape = model(action.service).operation_model(action.name).input_shape
        whole = _value(shape, action.service, "") if shape else {}
    return [_filled(one, answers) for one in (whole if isinstance(whole, list) else [whole])]


def _value(shape: Shape, service: str, name: str) -> Any:
    values = {**TABLE["values"]["any"], **TABLE["values"].get(service, {})}
    if name in values:
        return values[name]
    if isinstance(shape, StructureShape):
        wanted = [one for one in shape.members if one in shape.required_members]
        return {one: _value(shape.members[one], service, one) for one in wanted}
    if isinstance(shape, ListShape):
        return [_value(shape.member, service, name.removesuffix("s"))]
    if isinstance(shape, MapShape):
        return {"stock": _value(shape.value, service, "")}
    if shape.type_name in ("integer", "long", "float", "double"):
        return max(1, int(shape.metadata.get("min", 1)))
    if shape.type_name == "string":
        return (getattr(shape, "enum", None) or [f"stock-{name.lower()}"])[0]
    return {"boolean": True, "timestamp": "2026-01-31T10:00:00Z", "blob": b"{}"}[shape.type_name]


def _filled(value: Any, answers: Mapping[str, Any]) -> Any:
    """A value in which every `$action.path|otherwise` is what the action answered last."""
    if isinstance(value, dict):
        return {name: _filled(one, answers) for name, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, answers) for one in value]
    if not isinstance(value, str) or not value.startswith("$"):
        return value
    reference, _, otherwise = value[1:].partition("|")
    action, _, path = reference.partition(".")
    found: Any = answers.get(action, {})
    for part in path.split("."):
        try:
            found = found[int(part)] if part.isdigit() else found[part]
        except (KeyError, IndexError):
            return otherwise or "none"
    return found
