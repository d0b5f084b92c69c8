"""What of CloudFormation's requests is refused by name, and what is taken but has no effect.

`refuse` reads the first table before every action. The second is told to readers:
docs/offline-aws.md is generated from both. A member that stands in neither is used;
`tests/moto_fixtures/test_coverage.py` looks for what is forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto_fixtures.cloudformation.errors import NotSimulated

REFUSED: Mapping[str, str] = {
    "DeletionMode": "only STANDARD: nothing is deleted by force",
    "DeploymentConfig": "resources are made one after the other",
    "DeploymentMode": "a change set compares with the stack, not with what was changed by hand",
    "ForceRollback": "name what to skip in ResourcesToSkip",
    "ImportExistingResources": "nothing is imported",
    "IncludeNestedStacks": "a change set names its nested stacks, without looking into them",
    "IncludePropertyValues": "a change set names properties without their values",
    "NotificationARNs": "nobody would be notified",
    "ResourceTypes": "no type would be forbidden",
    "ResourcesToImport": "nothing is imported",
    "RollbackTriggers": "no alarm would roll the stack back",
    "StackPolicyBody": "nothing would be protected",
    "StackPolicyDuringUpdateBody": "nothing would be protected",
    "StackPolicyDuringUpdateURL": "nothing would be protected",
    "StackPolicyURL": "nothing would be protected",
    "StackSetName": "there are no stack sets",
}
"""Members that change what happens, and would be dropped in silence: member → why."""

WITHOUT_EFFECT: Mapping[str, str] = {
    "CallAs": "There is one account to call from.",
    "DisableValidation": "A template is always validated.",
    "RoleARN": "Shown with the stack; no role is assumed, no permission is checked.",
    "RollbackConfiguration": "A monitoring time without triggers watches nothing.",
    "TemplateStage": "Original and Processed are the same: no transform rewrites a template.",
    "TemplateSummaryConfig": "A type that is not simulated is refused, not warned of.",
    "TimeoutInMinutes": "A stack reaches its final state within the call that deploys it.",
}
"""Members taken, but not carried out: member → what instead."""

HARMLESS = {"DeletionMode": "STANDARD", "DeploymentMode": "STANDARD"}
"""Values of refused members that ask for nothing special."""


def refuse(request: Mapping[str, Any]) -> None:
    """Raise NotSimulated, naming a member of the request that would be ignored."""
    asked = {**request, **(request.get("RollbackConfiguration") or {})}
    for member, why in REFUSED.items():
        if asked.get(member) and asked[member] != HARMLESS.get(member):
            raise NotSimulated(f"Request member {member} ({why})")
