"""Whether the role of a schedule allows what its target is asked to do.

Needs     the target: its role, its ARN
Gives     nothing, or the refusal that AWS gives

A role that a template gave too little is the fault most found only after a deployment: nothing
fires, and nothing says so. The role must be there, Scheduler must be allowed to assume it, and
its policies must allow the action; their conditions are not weighed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from moto.iam.models import iam_backends

from moto_fixtures.events.targets import UNIVERSAL, DeliveryFailed

SCHEDULER = "scheduler.amazonaws.com"
ACTIONS = {
    "sqs": "sqs:SendMessage",
    "sns": "sns:Publish",
    "events": "events:PutEvents",
    "codebuild": "codebuild:StartBuild",
    "codepipeline": "codepipeline:StartPipelineExecution",
    "sagemaker": "sagemaker:StartPipelineExecution",
}
"""What a templated target needs of the role."""


def check(target: Mapping[str, Any], partition: str = "aws") -> None:
    """Refuse what the target's role may not do. Raises DeliveryFailed."""
    arn = str(target.get("RoleArn") or "")
    account = arn.split(":")[4] if arn.count(":") >= 5 else ""
    found = [
        role
        for role in (iam_backends[account][partition].roles.values() if account else ())
        if role.arn == arn
    ]
    if not found or not _assumable(found[0]):
        raise DeliveryFailed(
            "AccessDeniedException",
            "The execution role you provide must allow AWS EventBridge Scheduler to assume the "
            f"role: {arn or 'no role'}.",
        )
    action, resource = _needed(str(target["Arn"]))
    if not _allowed(found[0], action, resource):
        raise DeliveryFailed(
            "AccessDeniedException",
            f"User: {arn} is not authorized to perform: {action} on resource: "
            f"{resource or '*'} because no identity-based policy allows the {action} action",
        )


def _needed(target: str) -> tuple[str, str | None]:
    """The action, and the resource it is for; that of a universal target is not known."""
    if f":{UNIVERSAL}:" in target:
        service, _, action = target.partition(f":{UNIVERSAL}:")[2].partition(":")
        return f"{service}:{action[:1].upper()}{action[1:]}", None
    return ACTIONS[target.split(":")[2]], target


def _assumable(role: Any) -> bool:
    document = role.assume_role_policy_document
    trust = json.loads(document) if isinstance(document, str) else document
    return any(
        statement.get("Effect") == "Allow"
        and SCHEDULER in _listed(statement.get("Principal", {}).get("Service"))
        for statement in _listed(trust.get("Statement"))
    )


def _allowed(role: Any, action: str, resource: str | None) -> bool:
    effects = {
        statement["Effect"]
        for document in _policies(role)
        for statement in _listed(document.get("Statement"))
        if _covers(statement, "Action", action.lower())
        and (resource is None or _covers(statement, "Resource", resource))
    }
    return effects == {"Allow"}


def _covers(statement: Mapping[str, Any], element: str, wanted: str) -> bool:
    """Whether a statement is about an action or a resource; `Not…` turns it round."""
    negated = statement.get(f"Not{element}")
    patterns = _listed(statement.get(element, "*") if negated is None else negated)
    lower = element == "Action"
    covered = any(fnmatchcase(wanted, one.lower() if lower else one) for one in patterns)
    return covered is (negated is None)


def _policies(role: Any) -> Iterator[Mapping[str, Any]]:
    for inline in role.policies.values():
        yield json.loads(inline) if isinstance(inline, str) else inline
    for managed in role.managed_policies.values():
        yield from (json.loads(one.document) for one in managed.versions if one.is_default)


def _listed(one_or_more: Any) -> list[Any]:
    if one_or_more is None:
        return []
    return one_or_more if isinstance(one_or_more, list) else [one_or_more]
