"""Template + parameters → blueprint: everything that can be wrong before anything is made.

A blueprint that exists can be planned and deployed; what it cannot promise is that every
service will accept every value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moto_fixtures.cloudformation import (
    account_types,
    dynamic_references,
    graph,
    parameters,
    resource_types,
    rules,
    schema,
)
from moto_fixtures.cloudformation.errors import InsufficientCapabilities, ValidationError
from moto_fixtures.cloudformation.intrinsics import Evaluator, Lookup
from moto_fixtures.cloudformation.resource_types.base import Scope
from moto_fixtures.cloudformation.stack import Intent, Stack
from moto_fixtures.cloudformation.template import Template

_NAMED_IAM = {"RoleName", "UserName", "GroupName", "ManagedPolicyName", "InstanceProfileName"}
_IAM = {
    f"AWS::IAM::{name}"
    for name in ("Role", "Policy", "ManagedPolicy", "User", "Group", "InstanceProfile",
                 "AccessKey", "UserToGroupAddition", "RolePolicy", "UserPolicy", "GroupPolicy")
}  # fmt: skip


@dataclass(frozen=True)
class Blueprint:
    """What a stack is to become: its template, read with its parameters."""

    template: Template
    scope: Scope
    values: Mapping[str, Any]
    """Parameters and pseudo parameters, typed."""
    order: tuple[str, ...]
    """The resources whose condition holds, dependencies first."""

    def evaluator(self, lookup: Lookup) -> Evaluator:
        return Evaluator(self.template, self.values, lookup)


class _Nothing:
    """The lookup of conditions and rules: they may refer to parameters alone."""

    def reference(self, logical_id: str) -> Any:
        raise ValidationError(
            f"Template format error: Unresolved dependencies [{logical_id}]. "
            "Cannot reference resources in the Conditions block of the template"
        )

    def attribute(self, logical_id: str, name: str) -> Any:
        raise ValidationError(
            "Template error: Fn::GetAtt cannot be used in the Conditions block "
            f"({logical_id}.{name})"
        )

    def exported(self, name: str) -> str:
        raise ValidationError(
            f"Template error: Fn::ImportValue cannot be used in the Conditions block ({name})"
        )


def draw(stack: Stack, intent: Intent, scope: Scope) -> Blueprint:
    """Check an intent from all sides and give its blueprint.

    Raises ValidationError (or a kind of it) with the first thing that is wrong.
    """
    template = intent.template
    check(template, scope.region)
    check_capabilities(template, intent.capabilities)
    declared = template.section("Parameters")
    texts = parameters.given(declared, intent.parameters)
    typed = parameters.resolve(declared, texts, scope.read_ssm, account_types.look_up(scope))
    intent.resolved = parameters.read_from_ssm(declared, typed)
    values = {**typed, **_pseudo_parameters(stack, intent, scope)}
    evaluate = Evaluator(template, values, _Nothing())
    rules.check(evaluate)
    for name in template.section("Conditions"):
        evaluate.condition(name)
    active = {key for key, resource in template.resources.items() if evaluate.active(resource)}
    _check_same_types(stack, template)
    return Blueprint(template, scope, values, graph.order(template, active))


def check(template: Template, region: str) -> None:
    """Check what needs no parameters: types and references."""
    _check_types(template, region)
    for section in ("Conditions", "Rules"):
        dynamic_references.refuse(dict(template.section(section)), section)
    graph.check_references(template, region)


def _check_types(template: Template, region: str) -> None:
    """Raise ValidationError naming a type the registry, or the offline AWS, does not know."""
    for logical_id, resource in template.resources.items():
        type_name = resource["Type"]
        schema.of(type_name, region)
        found = resource_types.of(type_name, logical_id)
        for key in ("DeletionPolicy", "UpdateReplacePolicy"):
            if resource.get(key) == "Snapshot" and not found.has_snapshots:
                raise ValidationError(
                    f"Template error: resource type {type_name} does not support "
                    f"{key} Snapshot ({logical_id})"
                )


def needed_capabilities(template: Template) -> tuple[str, ...]:
    """The acknowledgements a template asks for: IAM resources, with fixed names or without."""
    iam = [item for item in template.resources.values() if item["Type"] in _IAM]
    if any(_NAMED_IAM & set(item.get("Properties") or ()) for item in iam):
        return ("CAPABILITY_NAMED_IAM",)
    return ("CAPABILITY_IAM",) if iam else ()


def check_capabilities(template: Template, given: tuple[str, ...]) -> None:
    """Raise InsufficientCapabilities when the caller has not acknowledged what is needed."""
    missing = [
        name
        for name in needed_capabilities(template)
        if name not in given and "CAPABILITY_NAMED_IAM" not in given
    ]
    if template.transforms and "CAPABILITY_AUTO_EXPAND" not in given:
        missing.append("CAPABILITY_AUTO_EXPAND")
    if missing:
        raise InsufficientCapabilities(f"Requires capabilities : [{', '.join(missing)}]")


def _check_same_types(stack: Stack, template: Template) -> None:
    changed = sorted(
        logical_id
        for logical_id, resource in stack.resources.items()
        if template.resources.get(logical_id, {}).get("Type", resource.type_name)
        != resource.type_name
    )
    if changed:
        raise ValidationError(
            "Update of resource type is not permitted. The new template modifies resource type "
            f"of the following resources: [{', '.join(changed)}]"
        )


def _pseudo_parameters(stack: Stack, intent: Intent, scope: Scope) -> dict[str, Any]:
    china = scope.partition == "aws-cn"
    return {
        "AWS::AccountId": scope.account,
        "AWS::NotificationARNs": list(intent.notification_arns),
        "AWS::Partition": scope.partition,
        "AWS::Region": scope.region,
        "AWS::StackId": stack.stack_id,
        "AWS::StackName": stack.name,
        "AWS::URLSuffix": "amazonaws.com.cn" if china else "amazonaws.com",
    }
