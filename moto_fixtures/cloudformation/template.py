"""Template text → sections, or the format error CloudFormation would answer with.

YAML is read as AWS reads it: dates stay text, the short forms (!Ref, !Sub, …) become their
long ones, and aliases are refused, which also keeps a small text from becoming a huge document.
The one thing a reader gets wrong: YAML's unquoted yes and no are booleans here as there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from moto_fixtures.cloudformation import structure
from moto_fixtures.cloudformation.errors import NotSimulated, ValidationError

MAXIMUM_BODY = 51_200
MAXIMUM_OBJECT = 1_000_000
MAXIMUM = {"Parameters": 200, "Mappings": 200, "Resources": 500, "Outputs": 200}
LANGUAGE_EXTENSIONS = "AWS::LanguageExtensions"
WITHOUT_EFFECT = {
    "CreationPolicy": "No type here sends signals to wait for.",
    "UpdatePolicy": "No type here is updated in batches.",
}
"""Members of a resource that are read past: member → why nothing is lost."""

SECTIONS = {
    "AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Mappings",
    "Conditions", "Rules", "Transform", "Resources", "Outputs",
}  # fmt: skip
_RESOURCE_KEYS = {
    "Type", "Properties", "Condition", "DependsOn", "DeletionPolicy", "UpdateReplacePolicy",
    "Metadata", "CreationPolicy", "UpdatePolicy",
}  # fmt: skip
DELETION_POLICIES = {"Delete", "Retain", "RetainExceptOnCreate", "Snapshot"}


@dataclass(frozen=True)
class Template:
    """A template that is well-formed; whether it makes sense is the blueprint's question."""

    body: str
    document: Mapping[str, Any]

    def section(self, name: str) -> Mapping[str, Any]:
        """Parameters, Mappings, Conditions, Rules, Resources or Outputs; empty when absent."""
        return self.document.get(name) or {}

    @property
    def resources(self) -> Mapping[str, Mapping[str, Any]]:
        return self.section("Resources")

    @property
    def description(self) -> str | None:
        return self.document.get("Description")

    @property
    def transforms(self) -> tuple[str, ...]:
        declared = self.document.get("Transform") or ()
        return (declared,) if isinstance(declared, str) else tuple(map(str, declared))

    def depends_on(self, logical_id: str) -> tuple[str, ...]:
        declared = self.resources[logical_id].get("DependsOn") or ()
        return (declared,) if isinstance(declared, str) else tuple(declared)


class _Loader(yaml.SafeLoader):
    """YAML as CloudFormation has it."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            raise ValidationError(
                "Template format error: YAML aliases are not allowed in CloudFormation templates"
            )
        return super().compose_node(parent, index)


def _short_form(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_form)
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in rows if tag != "tag:yaml.org,2002:timestamp"]
    for first, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def load(body: str) -> Template:
    """Read a template.

    >>> load("Resources: {Topic: {Type: 'AWS::SNS::Topic'}}").resources["Topic"]["Type"]
    'AWS::SNS::Topic'
    >>> load("Resources: {}")
    Traceback (most recent call last):
    ...
    moto.cloudformation.exceptions.ValidationError: ...
    """
    document = _parse(body)
    if not isinstance(document, dict):
        raise ValidationError("Template format error: unsupported structure.")
    template = Template(body, document)
    check(document, template)
    return template


def check(document: Mapping[str, Any], template: Template) -> None:
    """Raise ValidationError with the first thing in a template that is not well-formed."""
    if unknown := sorted(set(map(str, document)) - SECTIONS):
        raise ValidationError(f"Invalid template property or properties [{', '.join(unknown)}]")
    if str(document.get("AWSTemplateFormatVersion", "2010-09-09")) != "2010-09-09":
        raise ValidationError(
            "Template format error: unsupported value for AWSTemplateFormatVersion."
        )
    if not isinstance(document.get("Resources"), dict) or not document["Resources"]:
        raise ValidationError(
            "Template format error: At least one Resources member must be defined."
        )
    for logical_id, resource in document["Resources"].items():
        _check_resource(logical_id, resource)
    structure.check(document)
    for section, most in MAXIMUM.items():
        if len(document.get(section) or ()) > most:
            raise ValidationError(
                f"Template format error: Number of {section.lower()}, "
                f"{len(document[section])}, is greater than maximum allowed, {most}"
            )
    for transform in template.transforms:
        if transform != LANGUAGE_EXTENSIONS:
            raise NotSimulated(f"Transform [{transform}]")


def _parse(body: str) -> Any:
    if body.lstrip().startswith("{"):
        try:
            return json.loads(body)
        except ValueError as error:
            # A YAML flow mapping also starts with a brace, so let YAML have its say.
            if not re.search(r"[{,]\s*[A-Za-z]\w*\s*:", body):
                raise ValidationError(
                    f"Template format error: JSON not well-formed. ({error})"
                ) from None
    try:
        return yaml.load(body, _Loader)  # noqa: S506  (a SafeLoader with CloudFormation's tags)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"(line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise ValidationError(f"Template format error: YAML not well-formed. {where}") from None
    except yaml.YAMLError:
        raise ValidationError("Template format error: YAML not well-formed.") from None


def _check_resource(logical_id: Any, resource: Any) -> None:
    if not isinstance(logical_id, str) or not re.fullmatch(r"[A-Za-z0-9]{1,255}", logical_id):
        raise ValidationError(
            f"Template format error: Resource name {logical_id} is non alphanumeric."
        )
    where = f"[/Resources/{logical_id}]"
    if not isinstance(resource, dict):
        raise ValidationError(
            f"Template format error: {where} Every Resources object must be an object."
        )
    if not isinstance(resource.get("Type"), str):
        raise ValidationError(
            f"Template format error: {where} Every Resources object must contain a Type member."
        )
    if unknown := sorted(set(resource) - _RESOURCE_KEYS):
        raise ValidationError(f"Invalid template resource property '{unknown[0]}'")
    for key in ("DeletionPolicy", "UpdateReplacePolicy"):
        policy = resource.get(key, "Delete")
        if isinstance(policy, str) and policy not in DELETION_POLICIES:
            raise ValidationError(
                f"Template format error: Unrecognized {key} {policy} for resource {logical_id}"
            )
