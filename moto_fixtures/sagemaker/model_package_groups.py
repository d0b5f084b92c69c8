"""Groups of the Model Registry: the versions of one model, and who may use them."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult, EmptyResult

from moto_fixtures.sagemaker.backend import Backend
from moto_fixtures.sagemaker.errors import AWSValidationException, ServiceConflict
from moto_fixtures.sagemaker.listing import Listing
from moto_fixtures.sagemaker.validation import require_json

LISTING = Listing(
    result="ModelPackageGroupSummaryList",
    sort={"CreationTime": "CreationTime", "Name": "ModelPackageGroupName"},
    contains={"NameContains": "ModelPackageGroupName"},
    descending=False,
)
SUMMARY_MEMBERS = (
    "ModelPackageGroupName",
    "ModelPackageGroupArn",
    "ModelPackageGroupDescription",
    "CreationTime",
    "ModelPackageGroupStatus",
)


class ModelPackageGroupActions:
    """Create, describe, list and delete groups; their resource policies."""

    params: dict[str, Any]
    sagemaker_backend: Backend

    def create_model_package_group(self) -> ActionResult:
        """Make a group whose name is free; moto would put an empty one in its place."""
        backend, request = self.sagemaker_backend, self.params
        name = request["ModelPackageGroupName"]
        if name in backend.model_package_groups:
            raise AWSValidationException(
                f"Model Package Group already exists: {backend.model_package_groups[name].arn}"
            )
        arn = backend.create_model_package_group(
            name, request.get("ModelPackageGroupDescription"), request.get("Tags")
        )
        return ActionResult({"ModelPackageGroupArn": arn})

    def describe_model_package_group(self) -> ActionResult:
        return ActionResult(self._group().gen_response_object())

    def list_model_package_groups(self) -> ActionResult:
        """All groups of the account; no other account shares any with it."""
        groups = list(self.sagemaker_backend.model_package_groups.values())
        if self.params.get("CrossAccountFilterOption") == "CrossAccount":
            groups = []
        shown = [one.gen_response_object() for one in groups]
        summaries = [
            {name: one[name] for name in SUMMARY_MEMBERS if one.get(name)} for one in shown
        ]
        return ActionResult(LISTING.answer(summaries, self.params))

    def delete_model_package_group(self) -> ActionResult:
        backend, group = self.sagemaker_backend, self._group()
        held = [
            package.arn
            for package in backend.model_packages.values()
            if package.group == group.model_package_group_name
        ]
        if held:
            raise ServiceConflict(
                f"Model package group {group.arn} still holds {len(held)} model packages; "
                f"delete them first ({held[0]}, …)."
            )
        del backend.model_package_groups[group.model_package_group_name]
        backend.package_versions.pop(group.model_package_group_name, None)
        backend.package_group_policies.pop(group.model_package_group_name, None)
        return EmptyResult()

    def put_model_package_group_policy(self) -> ActionResult:
        """Keep a group's resource policy. It is shown, and evaluated by nothing."""
        group, policy = self._group(), self.params["ResourcePolicy"]
        require_json(policy, "The resource policy")
        self.sagemaker_backend.package_group_policies[group.model_package_group_name] = policy
        return ActionResult({"ModelPackageGroupArn": group.arn})

    def get_model_package_group_policy(self) -> ActionResult:
        name = self._group().model_package_group_name
        return ActionResult({"ResourcePolicy": self._policies_with(name)[name]})

    def delete_model_package_group_policy(self) -> ActionResult:
        name = self._group().model_package_group_name
        del self._policies_with(name)[name]
        return EmptyResult()

    def _group(self) -> Any:
        name = self.params["ModelPackageGroupName"].rsplit("/", 1)[-1]
        return self.sagemaker_backend.describe_model_package_group(name)

    def _policies_with(self, name: str) -> dict[str, str]:
        policies = self.sagemaker_backend.package_group_policies
        if name not in policies:
            raise AWSValidationException(f"Model package group {name} has no resource policy.")
        return policies
