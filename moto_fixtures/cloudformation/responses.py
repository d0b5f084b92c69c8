"""The CloudFormation API. Each action reads its request, asks the engine, and answers."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from moto.cloudformation.models import cloudformation_backends
from moto.core.responses import TYPE_RESPONSE, ActionResult, BaseResponse, EmptyResult
from moto.core.utils import camelcase_to_underscores

from moto_fixtures.cloudformation import blueprint, limits, requests, template, views
from moto_fixtures.cloudformation.change_sets import change_on_the_wire
from moto_fixtures.cloudformation.engine import Engine
from moto_fixtures.cloudformation.errors import (
    NotSimulated,
    Throttled,
    TokenAlreadyExists,
    ValidationError,
)
from moto_fixtures.cloudformation.stack import Stack

Item = TypeVar("Item")
PAGE = 100


class CloudFormationResponse(BaseResponse):
    """Actions by their API names in snake case; moto finds and parses them."""

    def __init__(self) -> None:
        super().__init__(service_name="cloudformation")
        self.automated_parameter_parsing = True

    @property
    def engine(self) -> Engine:
        found = cloudformation_backends[self.current_account][self.region]
        assert isinstance(found, Engine), "install() was not called before the first request"
        return found

    def call_action(self) -> TYPE_RESPONSE:
        action = self._get_action()
        try:
            self.engine.throttle.check(action)
            self._refuse(action)
            return self.engine.tokens.once(action, self.params, super().call_action)
        except (NotSimulated, Throttled, TokenAlreadyExists) as refusal:
            refused: TYPE_RESPONSE = self.serialized(ActionResult(refusal))
            return refused

    def _refuse(self, action: str) -> None:
        if not hasattr(type(self), camelcase_to_underscores(action)):
            raise NotSimulated(f"CloudFormation action {action}")
        limits.refuse(self.params)

    # Stacks

    def create_stack(self) -> ActionResult:
        name = requests.stack_name(self.params)
        on_failure = self.params.get("OnFailure")
        if on_failure and "DisableRollback" in self.params:
            raise ValidationError("You can specify either OnFailure or DisableRollback, not both")
        stack = self.engine.create_stack(
            name,
            requests.intent(self.params, None, self.engine.scope),
            on_failure or "ROLLBACK",
            bool(self.params.get("EnableTerminationProtection")),
        )
        return ActionResult({"StackId": stack.stack_id})

    def update_stack(self) -> ActionResult:
        stack = self._stack()
        wanted = requests.intent(self.params, stack, self.engine.scope)
        self.engine.update_stack(stack, wanted)
        return ActionResult({"StackId": stack.stack_id})

    def delete_stack(self) -> ActionResult:
        try:
            stack = self._stack()
        except ValidationError:
            return EmptyResult()
        if stack.is_live:
            self.engine.delete_stack(stack, self.params.get("RetainResources") or ())
        return EmptyResult()

    def continue_update_rollback(self) -> ActionResult:
        skip = self.params.get("ResourcesToSkip") or ()
        self.engine.continue_update_rollback(self._stack(), skip)
        return EmptyResult()

    def rollback_stack(self) -> ActionResult:
        stack = self._stack()
        self.engine.rollback_stack(stack, bool(self.params.get("RetainExceptOnCreate")))
        return ActionResult({"StackId": stack.stack_id})

    def update_termination_protection(self) -> ActionResult:
        stack = self._stack()
        stack.termination_protection = bool(self.params["EnableTerminationProtection"])
        return ActionResult({"StackId": stack.stack_id})

    def describe_stacks(self) -> ActionResult:
        named = self.params.get("StackName")
        stacks = [self._stack()] if named else self.engine.live()
        page, token = self._page(stacks, views.stack)
        return ActionResult({"Stacks": page, "NextToken": token})

    def list_stacks(self) -> ActionResult:
        wanted = self.params.get("StackStatusFilter") or ()
        stacks = [
            item for item in self.engine.stacks.values() if not wanted or item.status in wanted
        ]
        page, token = self._page(stacks[::-1], views.summary)
        return ActionResult({"StackSummaries": page, "NextToken": token})

    def describe_stack_events(self) -> ActionResult:
        stack = self._stack()
        page, token = self._page(stack.events[::-1], lambda event: views.event(stack, event))
        return ActionResult({"StackEvents": page, "NextToken": token})

    # Resources

    def describe_stack_resource(self) -> ActionResult:
        stack = self._stack()
        logical_id = self.params["LogicalResourceId"]
        if logical_id not in stack.statuses:
            raise ValidationError(f"Resource {logical_id} does not exist for stack {stack.name}")
        return ActionResult({"StackResourceDetail": views.resource(stack, logical_id)})

    def describe_stack_resources(self) -> ActionResult:
        stack, only = self._stack_of_resource(), self.params.get("LogicalResourceId")
        found = [
            views.resource(stack, logical_id)
            for logical_id in list(stack.statuses)
            if only in (None, logical_id)
        ]
        if only and not found:
            raise ValidationError(f"Resource {only} does not exist for stack {stack.name}")
        return ActionResult({"StackResources": found})

    def list_stack_resources(self) -> ActionResult:
        stack = self._stack()
        page, token = self._page(list(stack.statuses), lambda key: views.resource(stack, key))
        return ActionResult({"StackResourceSummaries": page, "NextToken": token})

    # Drift

    def detect_stack_drift(self) -> ActionResult:
        only = self.params.get("LogicalResourceIds") or ()
        found = self.engine.detect_drift(self._stack(), only)
        return ActionResult({"StackDriftDetectionId": found.detection_id})

    def detect_stack_resource_drift(self) -> ActionResult:
        stack, logical_id = self._stack(), self.params["LogicalResourceId"]
        self.engine.detect_drift(stack, [logical_id])
        if logical_id not in stack.drifts:
            type_name = stack.resources[logical_id].type_name
            raise ValidationError(f"Drift detection is not supported for resource type {type_name}")
        return ActionResult({"StackResourceDrift": views.drift(stack, logical_id)})

    def describe_stack_drift_detection_status(self) -> ActionResult:
        found = self.engine.find_detection(self.params["StackDriftDetectionId"])
        return ActionResult(views.detection(found))

    def describe_stack_resource_drifts(self) -> ActionResult:
        stack = self._stack()
        wanted = self.params.get("StackResourceDriftStatusFilters") or ()
        keys = [
            key for key, found in list(stack.drifts.items()) if not wanted or found.status in wanted
        ]
        page, token = self._page(keys, lambda key: views.drift(stack, key))
        return ActionResult({"StackResourceDrifts": page, "NextToken": token})

    # Templates

    def get_template(self) -> ActionResult:
        if name := self.params.get("ChangeSetName"):
            found = self.engine.find_change_set(name, self.params.get("StackName"))
            body = found.intent.template.body
        else:
            body = requests.body({"UsePreviousTemplate": True}, self._stack(), self.engine.scope)
        return ActionResult({"TemplateBody": body, "StagesAvailable": ["Original", "Processed"]})

    def get_template_summary(self) -> ActionResult:
        stack = self._stack() if self.params.get("StackName") else None
        given = {"UsePreviousTemplate": True} if stack else self.params
        loaded = template.load(requests.body(given, stack, self.engine.scope))
        return ActionResult(views.template_summary(loaded))

    def validate_template(self) -> ActionResult:
        loaded = template.load(requests.body(self.params, None, self.engine.scope))
        blueprint.check(loaded, self.region)
        return ActionResult(views.validated(loaded))

    # Change sets

    def create_change_set(self) -> ActionResult:
        kind = self.params.get("ChangeSetType", "UPDATE")
        if kind not in ("CREATE", "UPDATE"):
            raise NotSimulated(f"ChangeSetType {kind}")
        name = self.params["StackName"]
        if kind == "CREATE" and not name.startswith("arn:"):
            requests.stack_name(self.params)
        stack = None if kind == "CREATE" else self._stack()
        made = self.engine.create_change_set(
            self.params["ChangeSetName"],
            name,
            kind,
            requests.intent(self.params, stack, self.engine.scope),
            description=self.params.get("Description"),
            on_stack_failure=self.params.get("OnStackFailure"),
        )
        return ActionResult({"Id": made.change_set_id, "StackId": made.stack_id})

    def describe_change_set(self) -> ActionResult:
        found = self._change_set()
        page, token = self._page(found.changes, change_on_the_wire)
        return ActionResult({**views.change_set(found), "Changes": page, "NextToken": token})

    def list_change_sets(self) -> ActionResult:
        found = self.engine.change_sets_of(self._stack())
        page, token = self._page(found, views.change_set_summary)
        return ActionResult({"Summaries": page, "NextToken": token})

    def execute_change_set(self) -> ActionResult:
        disable_rollback = bool(self.params.get("DisableRollback"))
        deletes_new = bool(self.params.get("RetainExceptOnCreate"))
        self.engine.execute_change_set(self._change_set(), disable_rollback, deletes_new)
        return EmptyResult()

    def delete_change_set(self) -> ActionResult:
        try:
            self.engine.delete_change_set(self._change_set())
        except ValidationError:
            return EmptyResult()
        return EmptyResult()

    # Exports

    def list_exports(self) -> ActionResult:
        found = sorted(self.engine.exports().items())
        page, token = self._page(
            found,
            lambda item: {
                "ExportingStackId": item[1][0].stack_id,
                "Name": item[0],
                "Value": item[1][1].value,
            },
        )
        return ActionResult({"Exports": page, "NextToken": token})

    def list_imports(self) -> ActionResult:
        name = self.params["ExportName"]
        users = self.engine.importers(name)
        if not users:
            raise ValidationError(f"Export '{name}' is not imported by any stack.")
        page, token = self._page(users, lambda user: user)
        return ActionResult({"Imports": page, "NextToken": token})

    # Inside

    def _stack(self) -> Stack:
        return self.engine.find(self.params["StackName"])

    def _stack_of_resource(self) -> Stack:
        physical_id = self.params.get("PhysicalResourceId")
        if not physical_id:
            return self._stack()
        for stack in self.engine.live():
            if any(item.physical_id == physical_id for item in stack.resources.values()):
                return stack
        raise ValidationError(f"Stack for {physical_id} does not exist")

    def _change_set(self) -> Any:
        return self.engine.find_change_set(
            self.params["ChangeSetName"], self.params.get("StackName")
        )

    def _page(
        self, items: Sequence[Item], view: Callable[[Item], Any]
    ) -> tuple[list[Any], str | None]:
        """One page of items as the wire has them, and the token of the next."""
        start = _position(self.params.get("NextToken"))
        end = start + int(self.params.get("MaxResults") or PAGE)
        token = base64.urlsafe_b64encode(str(end).encode()).decode() if end < len(items) else None
        return [view(item) for item in items[start:end]], token


def _position(token: str | None) -> int:
    if not token:
        return 0
    try:
        return int(base64.urlsafe_b64decode(token))
    except (binascii.Error, ValueError):
        raise ValidationError("The NextToken is not valid.") from None
