"""The values of a pipeline's parameters for one execution: defaults, overrides, types.

An override arrives as text, whatever its type; what it becomes is the declared type. It is
refused before anything runs: a name the definition does not declare, a value its type cannot
read, one outside the enumeration, a parameter that has neither default nor override.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from moto_fixtures.sagemaker.errors import AWSValidationException


def _boolean(value: Any) -> bool:
    words = {"true": True, "false": False}
    return words[str(value).lower()]


def _integer(value: Any) -> int:
    if isinstance(value, float | bool):
        raise ValueError
    return int(value)


TYPES: Mapping[str, Callable[[Any], Any]] = {
    "String": str,
    "Integer": _integer,
    "Float": float,
    "Boolean": _boolean,
}
"""Declared type → how a value of it is read."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One declared parameter."""

    name: str
    type: str
    default: Any = None
    enum: tuple[Any, ...] = ()

    @classmethod
    def parse(cls, declared: Mapping[str, Any]) -> Parameter:
        """Read one entry of a definition's `Parameters`; a default must be one it would take."""
        name, kind = declared.get("Name"), declared.get("Type")
        if not isinstance(name, str) or kind not in TYPES:
            raise AWSValidationException(
                f"Unable to parse pipeline definition. Parameter {name!r} is of type {kind!r}; "
                f"a parameter has a Name and one of the types {', '.join(TYPES)}."
            )
        enum = tuple(declared.get("EnumValues") or ())
        made = cls(name, str(kind), declared.get("DefaultValue"), enum)
        if made.default is not None:
            made.read(made.default)
        return made

    def read(self, value: Any) -> Any:
        """A value in the declared type."""
        try:
            read = TYPES[self.type](value)
        except (KeyError, TypeError, ValueError):
            raise AWSValidationException(
                f"Invalid value for pipeline parameter {self.name}: {value!r} is no {self.type}."
            ) from None
        if self.enum and read not in self.enum:
            allowed = ", ".join(map(str, self.enum))
            raise AWSValidationException(
                f"Invalid value for pipeline parameter {self.name}: {value!r} is not one of "
                f"[{allowed}]."
            )
        return read


def values(declared: Iterable[Parameter], overrides: Iterable[Mapping[str, str]]) -> dict[str, Any]:
    """The value of every parameter.

    >>> values([Parameter("Rows", "Integer", 20)], [{"Name": "Rows", "Value": "7"}])
    {'Rows': 7}
    """
    known = {parameter.name: parameter for parameter in declared}
    given = {one["Name"]: one["Value"] for one in overrides}
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise AWSValidationException(
            f"Pipeline parameters {unknown} are not declared in the pipeline definition."
        )
    chosen = {name: given.get(name, one.default) for name, one in known.items()}
    missing = sorted(name for name, value in chosen.items() if value is None)
    if missing:
        raise AWSValidationException(
            f"Pipeline parameters {missing} have no default value and were not given."
        )
    return {name: known[name].read(value) for name, value in chosen.items()}
