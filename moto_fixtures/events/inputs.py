"""What a target is sent of an event: all of it, a part, a constant, or a text made of parts.

Needs     the event; a rule's target with Input, InputPath or InputTransformer, or none of them
Gives     the text that the target receives

In a template a quoted `"<name>"` becomes the value's text, a bare `<name>` its JSON; a name that
the event lacks leaves nothing.

Source: "Amazon EventBridge input transformation", Amazon EventBridge User Guide.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_PATH = re.compile(r"\$(?:\.[\w@-]+(?:\[\d+\])?|\[\d+\]|\['[^']+'\])*")
_STEP = re.compile(r"\.(?P<name>[\w@-]+)|\[(?P<index>\d+)\]|\['(?P<quoted>[^']+)'\]")
_PLACE = re.compile(r"<([\w.-]+)>")
ABSENT = object()


def problem_of(target: Mapping[str, Any]) -> str | None:
    """What is wrong with a target's input; None when nothing is."""
    given = [name for name in ("Input", "InputPath", "InputTransformer") if target.get(name)]
    if len(given) > 1:
        return (
            "Only one of Input, InputPath, or InputTransformer must be provided for target "
            f"{target['Id']}."
        )
    paths = dict(target.get("InputTransformer", {}).get("InputPathsMap") or {})
    if target.get("InputPath"):
        paths["InputPath"] = target["InputPath"]
    wrong = [path for path in paths.values() if not _PATH.fullmatch(path)]
    if wrong:
        return f"Invalid JSON path {wrong[0]} for target {target['Id']}."
    return None


def text_for(target: Mapping[str, Any], event: Mapping[str, Any], rule_arn: str) -> str:
    """What a rule's target receives of an event.

    >>> event = {"detail": {"name": "fraud", "count": 2}}
    >>> target = {"InputTransformer": {"InputPathsMap": {"n": "$.detail.name"},
    ...                                "InputTemplate": '"<n> has failed"'}}
    >>> text_for(target, event, ""), text_for({"InputPath": "$.detail.count"}, event, "")
    ('"fraud has failed"', '2')
    """
    if target.get("Input"):
        return str(target["Input"])
    if path := target.get("InputPath"):
        found = at(event, path)
        return json.dumps(None if found is ABSENT else found)
    transformer = target.get("InputTransformer")
    if not transformer:
        return json.dumps(event)
    values = {name: at(event, path) for name, path in transformer.get("InputPathsMap", {}).items()}
    values |= {
        "aws.events.event": event,
        "aws.events.event.json": event,
        "aws.events.event.ingestion-time": event.get("time"),
        "aws.events.rule-arn": rule_arn,
        "aws.events.rule-name": rule_arn.rpartition("/")[2],
    }
    return fill(transformer["InputTemplate"], values)


def fill(template: str, values: Mapping[str, Any]) -> str:
    """A template with its places filled: inside quotes as text, outside as JSON."""
    filled, quoted, place = [], False, 0
    for found in _PLACE.finditer(template):
        before = template[place : found.start()]
        filled.append(before)
        quoted ^= before.replace('\\"', "").count('"') % 2 == 1
        filled.append(_shown(values[found[1]], quoted) if found[1] in values else found[0])
        place = found.end()
    return "".join([*filled, template[place:]])


def at(event: Any, path: str) -> Any:
    """The value at a path such as `$.detail.tags[0]`; ABSENT when there is none."""
    for step in _STEP.finditer(path, 1):
        name = step["name"] or step["quoted"]
        try:
            event = event[int(step["index"])] if step["index"] else event[name]
        except (KeyError, IndexError, TypeError):
            return ABSENT
    return event


def _shown(value: Any, quoted: bool) -> str:
    if value is ABSENT:
        return ""
    if not quoted:
        return json.dumps(value)
    text = value if isinstance(value, str) else json.dumps(value)
    return json.dumps(text)[1:-1]
