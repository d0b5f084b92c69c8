"""Tags of any resource: one value per key, all pages. moto repeats a key that is set again."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult, EmptyResult

from moto_fixtures.sagemaker.backend import Backend
from moto_fixtures.sagemaker.listing import page

PAGE_SIZE = 50


class TagActions:
    """Add, list and delete tags."""

    params: dict[str, Any]
    sagemaker_backend: Backend

    def add_tags(self) -> ActionResult:
        resource = self._resource()
        merged = {
            tag["Key"]: tag["Value"] for tag in [*(resource.tags or []), *self.params["Tags"]]
        }
        resource.tags = [{"Key": key, "Value": value} for key, value in merged.items()]
        return ActionResult({"Tags": resource.tags})

    def list_tags(self) -> ActionResult:
        return ActionResult(page("Tags", self._resource().tags or [], self.params, PAGE_SIZE))

    def delete_tags(self) -> ActionResult:
        resource, gone = self._resource(), set(self.params["TagKeys"])
        resource.tags = [tag for tag in resource.tags or [] if tag["Key"] not in gone]
        return EmptyResult()

    def _resource(self) -> Any:
        return self.sagemaker_backend._get_resource_from_arn(self.params["ResourceArn"])
