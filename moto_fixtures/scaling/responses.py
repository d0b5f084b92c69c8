"""The actions of Application Auto Scaling: held against botocore's model, refused by name."""

from __future__ import annotations

import json
from typing import Any

from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.core.utils import get_service_model

from moto_fixtures.events import recurrence
from moto_fixtures.sagemaker.listing import page
from moto_fixtures.sagemaker.validation import broken_constraints
from moto_fixtures.scaling import acting, policies, variants
from moto_fixtures.scaling.backend import Backend
from moto_fixtures.scaling.errors import AWSValidationException, NotSimulatedError
from moto_fixtures.scaling.variants import DIMENSION, NAMESPACE, VariantError

LONGEST_PAGE = 50


class Response(ApplicationAutoScalingResponse):
    """moto's, acting on the variants of endpoints."""

    applicationautoscaling_backend: Backend

    def register_scalable_target(self) -> str:
        """Register a variant; one outside the limits is brought within them."""
        request = self._request("RegisterScalableTarget")
        if request["ServiceNamespace"] != NAMESPACE:
            return super().register_scalable_target()
        self._check_dimension(request)
        backend, resource = self.applicationautoscaling_backend, request["ResourceId"]
        known = backend.targets.get(DIMENSION, {}).get(resource)
        least, most = (
            request.get(member, getattr(known, attribute, None))
            for member, attribute in (
                ("MinCapacity", "min_capacity"),
                ("MaxCapacity", "max_capacity"),
            )
        )
        if least is None or most is None:
            raise AWSValidationException(
                "MinCapacity and MaxCapacity are required for a new scalable target."
            )
        if least > most:
            raise AWSValidationException("Maximum capacity cannot be less than minimum capacity")
        try:
            variants.count(self.current_account, self.region, resource)
            answer = super().register_scalable_target()
            acting.keep_limits(backend, backend.target(NAMESPACE, resource, DIMENSION))
        except VariantError as error:
            raise AWSValidationException(str(error)) from error
        return answer

    def put_scaling_policy(self) -> str:
        request = self._request("PutScalingPolicy")
        if request["ServiceNamespace"] == NAMESPACE:
            self._check_dimension(request)
            body = request.get("TargetTrackingScalingPolicyConfiguration", {})
            if problem := policies.problem_of(request.get("PolicyType"), body):
                raise NotSimulatedError(f"{problem} of PutScalingPolicy")
        return super().put_scaling_policy()

    def put_scheduled_action(self) -> str:
        request = self._request("PutScheduledAction")
        if request["ServiceNamespace"] == NAMESPACE:
            self._check_dimension(request)
            backend = self.applicationautoscaling_backend
            backend.target(NAMESPACE, request["ResourceId"], DIMENSION)
            try:
                recurrence.parse(request.get("Schedule", ""), request.get("Timezone") or "UTC")
            except recurrence.RecurrenceError as error:
                raise AWSValidationException(str(error)) from error
        return super().put_scheduled_action()

    def describe_scaling_activities(self) -> str:
        """What was scaled, the newest first."""
        request = self._request("DescribeScalingActivities")
        if request.get("IncludeNotScaledActivities"):
            raise NotSimulatedError("IncludeNotScaledActivities of DescribeScalingActivities")
        asked = {
            member: request[member]
            for member in ("ServiceNamespace", "ResourceId", "ScalableDimension")
            if request.get(member)
        }
        found = [
            one
            for one in reversed(self.applicationautoscaling_backend.activities)
            if all(one[member] == value for member, value in asked.items())
        ]
        return json.dumps(page("ScalingActivities", found, request, LONGEST_PAGE))

    def _check_dimension(self, request: dict[str, Any]) -> None:
        if request["ScalableDimension"] != DIMENSION:
            raise NotSimulatedError(f"Scaling of {request['ScalableDimension']}")

    def _request(self, action: str) -> dict[str, Any]:
        """The request, held against botocore's model of it."""
        request: dict[str, Any] = json.loads(self.body)
        shape = get_service_model("application-autoscaling").operation_model(action).input_shape
        found = list(broken_constraints(shape, request))
        if found:
            errors = "error" if len(found) == 1 else "errors"
            raise AWSValidationException(
                f"{len(found)} validation {errors} detected: {'; '.join(found)}"
            )
        return request
