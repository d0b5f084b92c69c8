"""The state of Application Auto Scaling in one account and region.

Everything added is kept on the backend, so that moto's own reset clears it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from moto.applicationautoscaling import urls
from moto.applicationautoscaling.models import ApplicationAutoscalingBackend

from moto_fixtures.scaling import policies
from moto_fixtures.scaling.errors import ObjectNotFoundException
from moto_fixtures.scaling.variants import DIMENSION, NAMESPACE

Cooldowns = dict[str, tuple[datetime, bool]]


class Backend(ApplicationAutoscalingBackend):
    """moto's, with policies that keep their ARN and their alarms, and activities."""

    _url_module = urls
    """moto derives this from the class's module; ours lies elsewhere."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.activities: list[dict[str, Any]] = []
        self.cooldowns: Cooldowns = {}
        """Until when a resource rests, by its ID, and whether it was scaled out."""
        self.looked: dict[str, datetime] = {}
        """When a policy was last carried out, or tried to be, by its ARN."""

    def variants(self) -> list[Any]:
        """The targets that are variants of endpoints."""
        return list(self.targets.get(DIMENSION, {}).values())

    def target(self, namespace: str, resource_id: str, dimension: str) -> Any:
        """A registered target.

        Raises:
            ObjectNotFoundException: none is registered under these names.
        """
        found = self.targets.get(dimension, {}).get(resource_id)
        if found is None or found.service_namespace != namespace:
            raise ObjectNotFoundException(
                f"No scalable target registered for service namespace: {namespace}, resource ID: "
                f"{resource_id}, scalable dimension: {dimension}"
            )
        return found

    def put_scaling_policy(self, **request: Any) -> Any:
        """As moto, but a policy put again keeps its ARN, and its old alarms go."""
        namespace = request["service_namespace"]
        if namespace != NAMESPACE:
            return super().put_scaling_policy(**request)
        self.target(namespace, request["resource_id"], request["scalable_dimension"])
        keys = ("service_namespace", "resource_id", "scalable_dimension", "policy_name")
        old = self.policies.get("\t".join(request[key] for key in keys))
        made = super().put_scaling_policy(**request)
        if old is not None:
            self._delete_tracking_alarms(old)
            made.policy_arn = old.policy_arn
        if made.policy_type == "TargetTrackingScaling":
            policies.put_tracking_alarms(made)
        made.alarms = policies.alarms_of(made)
        return made

    def describe_scaling_policies(self, **request: Any) -> Any:
        """As moto, with the alarms there are now."""
        for policy in self.policies.values():
            if policy.service_namespace == NAMESPACE:
                policy.alarms = policies.alarms_of(policy)
        return super().describe_scaling_policies(**request)

    def delete_scaling_policy(
        self, policy_name: str, service_namespace: str, resource_id: str, scalable_dimension: str
    ) -> None:
        """As moto, but alarms that a user put stay."""
        key = "\t".join((service_namespace, resource_id, scalable_dimension, policy_name))
        found = self.policies.get(key)
        if found is not None and service_namespace == NAMESPACE:
            self._delete_tracking_alarms(found)
            found.alarms = []
        super().delete_scaling_policy(
            policy_name, service_namespace, resource_id, scalable_dimension
        )

    def deregister_scalable_target(self, namespace: str, r_id: str, dimension: str) -> None:
        """As AWS: its policies and scheduled actions go with it."""
        super().deregister_scalable_target(namespace, r_id, dimension)
        if namespace != NAMESPACE:
            return
        for policy in list(self.policies.values()):
            if (policy.resource_id, policy.scalable_dimension) == (r_id, dimension):
                self.delete_scaling_policy(policy.policy_name, namespace, r_id, dimension)
        self.scheduled_actions = [
            one
            for one in self.scheduled_actions
            if (one.resource_id, one.scalable_dimension) != (r_id, dimension)
        ]

    def _delete_tracking_alarms(self, policy: Any) -> None:
        """Delete the alarms that target tracking put; others only name the policy."""
        if policy.policy_type != "TargetTrackingScaling":
            return
        prefix = f"TargetTracking-{policy.resource_id}-"
        policy.alarms = [one for one in policies.alarms_of(policy) if one.name.startswith(prefix)]
        policy.delete_alarms(self.account_id, self.region_name)
