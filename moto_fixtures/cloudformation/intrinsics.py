"""Intrinsic functions and conditions: a value as the template writes it → the value it means.

`Evaluator` knows the parameters; what it cannot know (resources, exports) it asks `Lookup`,
so planning and deploying evaluate with the same code. While planning, what is not made yet
is the text UNKNOWN, as in AWS's own change sets.
"""

from __future__ import annotations

import base64
import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from moto_fixtures.cloudformation.errors import NotSimulated, ValidationError
from moto_fixtures.cloudformation.template import LANGUAGE_EXTENSIONS, Template

UNKNOWN = "{{changeSet:KNOWN_AFTER_APPLY}}"
NO_VALUE = object()

SUBSTITUTION = re.compile(r"\$\{([^{}]*)\}")


class Lookup(Protocol):
    """What a value can refer to outside the template's own text."""

    def reference(self, logical_id: str) -> Any: ...
    def attribute(self, logical_id: str, name: str) -> Any: ...
    def exported(self, name: str) -> str: ...


@dataclass(frozen=True)
class Evaluator:
    """Evaluates values of one template with one set of parameters."""

    template: Template
    parameters: Mapping[str, Any]
    """Parameter and pseudo parameter values by name; lists are lists."""
    lookup: Lookup

    def __call__(self, value: Any) -> Any:
        """The value with every function carried out; AWS::NoValue removes its key."""
        if isinstance(value, list):
            return [found for item in value if (found := self(item)) is not NO_VALUE]
        if isinstance(value, dict):
            if len(value) == 1:
                ((name, argument),) = value.items()
                if name in FUNCTIONS:
                    return self._carry_out(name, argument)
                if isinstance(name, str) and name.startswith("Fn::"):
                    raise NotSimulated(f"Function {name}")
            return {
                key: found for key, item in value.items() if (found := self(item)) is not NO_VALUE
            }
        return value

    def _carry_out(self, name: str, argument: Any) -> Any:
        """One function. What Python makes of arguments of a wrong shape is the template's fault."""
        try:
            return FUNCTIONS[name](self, argument)
        except (AttributeError, KeyError, IndexError, TypeError, ValueError) as error:
            raise ValidationError(
                f"Template error: {name} is given what it cannot take ({error})"
            ) from error

    def reference(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in self.parameters:
            return self.parameters[name]
        return self.lookup.reference(name)

    def condition(self, name: str) -> bool:
        """Whether a named condition holds.

        Raises ValidationError when the template does not define it.
        """
        conditions = self.template.section("Conditions")
        if name not in conditions:
            raise ValidationError(
                f"Template format error: Unresolved condition dependency [{name}] "
                "in the Conditions block of the template"
            )
        return truth(self(conditions[name]))

    def active(self, member: Mapping[str, Any]) -> bool:
        """Whether a resource's or output's own Condition, if any, holds."""
        return "Condition" not in member or self.condition(member["Condition"])


def text(value: Any) -> str:
    """A scalar as CloudFormation writes it into a string.

    >>> text(True), text(3600), text("a")
    ('true', '3600', 'a')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        raise ValidationError("Template error: a list or an object stands where a string must be")
    return str(value)


def truth(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise ValidationError("Template error: every condition must evaluate to true or false")


def is_unknown(value: Any) -> bool:
    """Whether any part of a value waits for a resource that is not made yet."""
    if isinstance(value, dict):
        return any(map(is_unknown, value.values()))
    if isinstance(value, list):
        return any(map(is_unknown, value))
    return isinstance(value, str) and UNKNOWN in value


def is_secret(value: str) -> bool:
    """Whether a text is yet to be read from Secrets Manager."""
    return "{{resolve:secretsmanager:" in value


def _arguments(function: str, argument: Any, *counts: int) -> list[Any]:
    if not isinstance(argument, list) or len(argument) not in counts:
        wanted = " or ".join(map(str, counts))
        raise ValidationError(f"Template error: every {function} object requires {wanted} items")
    return argument


def _get_att(evaluate: Evaluator, argument: Any) -> Any:
    parts = argument.split(".", 1) if isinstance(argument, str) else argument
    name, attribute = _arguments("Fn::GetAtt", parts, 2)
    return evaluate.lookup.attribute(name, text(evaluate(attribute)))


def _if(evaluate: Evaluator, argument: Any) -> Any:
    name, then, otherwise = _arguments("Fn::If", argument, 3)
    return evaluate(then if evaluate.condition(name) else otherwise)


def _join(evaluate: Evaluator, argument: Any) -> str:
    delimiter, items = _arguments("Fn::Join", argument, 2)
    found = evaluate(items)
    if not isinstance(delimiter, str) or not isinstance(found, list):
        raise ValidationError(
            "Template error: every Fn::Join object requires two parameters, (1) a string "
            "delimiter and (2) a list of strings to be joined"
        )
    return delimiter.join(map(text, found))


def _split(evaluate: Evaluator, argument: Any) -> list[str]:
    delimiter, source = _arguments("Fn::Split", argument, 2)
    found = text(evaluate(source))
    return [UNKNOWN] if is_unknown(found) else found.split(text(delimiter))


def _select(evaluate: Evaluator, argument: Any) -> Any:
    index, items = (evaluate(part) for part in _arguments("Fn::Select", argument, 2))
    if items == [UNKNOWN]:
        return UNKNOWN
    if not str(index).isdigit() or not isinstance(items, list) or int(index) >= len(items):
        raise ValidationError(
            f"Template error: Fn::Select cannot select nonexistent value at index {index}"
        )
    return items[int(index)]


def _sub(evaluate: Evaluator, argument: Any) -> str:
    alone = isinstance(argument, str)
    pattern, own = (argument, {}) if alone else _arguments("Fn::Sub", argument, 2)
    values = {name: evaluate(value) for name, value in own.items()}

    def substitute(match: re.Match[str]) -> str:
        name = match[1]
        if name.startswith("!"):
            return "${" + name[1:] + "}"
        name = name.strip()
        if name in values:
            return text(values[name])
        if "." in name:
            return text(evaluate.lookup.attribute(*name.split(".", 1)))
        return text(evaluate.reference(name))

    if not isinstance(pattern, str):
        raise ValidationError("Template error: every Fn::Sub object requires a string")
    return SUBSTITUTION.sub(substitute, pattern)


def _find_in_map(evaluate: Evaluator, argument: Any) -> Any:
    parts = _arguments("Fn::FindInMap", argument, 3, 4)
    if len(parts) == 4:
        _needs_language_extensions(evaluate, "Fn::FindInMap with a DefaultValue")
    keys = [text(evaluate(part)) for part in parts[:3]]
    found: Any = evaluate.template.section("Mappings")
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    if found is not None:
        return found
    if len(parts) == 4:
        return evaluate(parts[3]["DefaultValue"])
    raise ValidationError(f"Template error: Unable to get mapping for {'::'.join(keys)}")


def _import_value(evaluate: Evaluator, argument: Any) -> str:
    return evaluate.lookup.exported(text(evaluate(argument)))


def _base64(evaluate: Evaluator, argument: Any) -> str:
    found = text(evaluate(argument))
    return UNKNOWN if is_unknown(found) else base64.b64encode(found.encode()).decode()


def _availability_zones(evaluate: Evaluator, argument: Any) -> list[str]:
    region = text(evaluate(argument)) or text(evaluate.parameters["AWS::Region"])
    return [f"{region}{zone}" for zone in "abc"]


def _cidr(evaluate: Evaluator, argument: Any) -> list[str]:
    parts = [text(evaluate(part)) for part in _arguments("Fn::Cidr", argument, 2, 3)]
    block = ipaddress.ip_network(parts[0])
    host_bits = int(parts[2]) if len(parts) == 3 else 8
    subnets = block.subnets(new_prefix=block.max_prefixlen - host_bits)
    return [str(subnet) for subnet, _ in zip(subnets, range(int(parts[1])), strict=False)]


def _to_json_string(evaluate: Evaluator, argument: Any) -> str:
    _needs_language_extensions(evaluate, "Fn::ToJsonString")
    return json.dumps(evaluate(argument), separators=(",", ":"))


def _length(evaluate: Evaluator, argument: Any) -> int:
    _needs_language_extensions(evaluate, "Fn::Length")
    return len(evaluate(argument))


def _needs_language_extensions(evaluate: Evaluator, what: str) -> None:
    if LANGUAGE_EXTENSIONS not in evaluate.template.transforms:
        raise ValidationError(f"Template error: {what} requires Transform: {LANGUAGE_EXTENSIONS}")


def _equals(evaluate: Evaluator, argument: Any) -> bool:
    left, right = (evaluate(part) for part in _arguments("Fn::Equals", argument, 2))
    return left == right if isinstance(left, list | dict) else text(left) == text(right)


def _and(evaluate: Evaluator, argument: Any) -> bool:
    return all(truth(evaluate(part)) for part in _arguments("Fn::And", argument, *range(2, 11)))


def _or(evaluate: Evaluator, argument: Any) -> bool:
    return any(truth(evaluate(part)) for part in _arguments("Fn::Or", argument, *range(2, 11)))


def _not(evaluate: Evaluator, argument: Any) -> bool:
    return not truth(evaluate(_arguments("Fn::Not", argument, 1)[0]))


def _condition(evaluate: Evaluator, argument: Any) -> Any:
    # {"Condition": {...}} is also a plain key, in an IAM policy statement for one.
    if isinstance(argument, str):
        return evaluate.condition(argument)
    return {"Condition": evaluate(argument)}


FUNCTIONS: dict[str, Callable[[Evaluator, Any], Any]] = {
    "Ref": lambda evaluate, name: evaluate.reference(name),
    "Condition": _condition,
    "Fn::GetAtt": _get_att,
    "Fn::If": _if,
    "Fn::Join": _join,
    "Fn::Split": _split,
    "Fn::Select": _select,
    "Fn::Sub": _sub,
    "Fn::FindInMap": _find_in_map,
    "Fn::ImportValue": _import_value,
    "Fn::Base64": _base64,
    "Fn::GetAZs": _availability_zones,
    "Fn::Cidr": _cidr,
    "Fn::ToJsonString": _to_json_string,
    "Fn::Length": _length,
    "Fn::Equals": _equals,
    "Fn::And": _and,
    "Fn::Or": _or,
    "Fn::Not": _not,
}
