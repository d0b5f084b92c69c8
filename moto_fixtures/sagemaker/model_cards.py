"""Model cards: what a model is for and how it was judged, in versions.

moto's updates lose the content that they do not name. A version is made by every update that
brings content; a change of status alone changes the newest one. The content must be JSON; it is
not held against AWS's schema of a card.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow

from moto_fixtures.sagemaker.backend import Backend
from moto_fixtures.sagemaker.errors import (
    NotSimulatedError,
    ResourceNotFound,
    ServiceConflict,
)
from moto_fixtures.sagemaker.listing import Listing
from moto_fixtures.sagemaker.validation import require_json

LISTING = Listing(
    result="ModelCardSummaries",
    sort={"CreationTime": "CreationTime", "Name": "ModelCardName"},
    equal={"ModelCardStatus": "ModelCardStatus"},
    contains={"NameContains": "ModelCardName"},
)
VERSIONS = Listing(
    result="ModelCardVersionSummaryList",
    sort={"Version": "ModelCardVersion"},
    equal={"ModelCardStatus": "ModelCardStatus"},
)
ARCHIVED = "Archived"


@dataclass
class Version:
    """One state of a card's content."""

    number: int
    content: str
    status: str
    created: datetime
    modified: datetime


@dataclass
class ModelCard:
    """A card and all its versions, oldest first."""

    name: str
    arn: str
    security: dict[str, Any]
    versions: list[Version]
    tags: list[dict[str, str]] = field(default_factory=list)

    @property
    def state(self) -> tuple[int, str]:
        """The newest version and its status: what an event tells of."""
        return self.newest.number, self.newest.status

    @property
    def newest(self) -> Version:
        return self.versions[-1]

    def version(self, number: int | None) -> Version:
        """A version by its number; the newest without one."""
        for one in self.versions:
            if one.number == (number or self.newest.number):
                return one
        raise ResourceNotFound(f"Model card {self.arn} has no version {number}.")

    def describe(self, version: Version) -> dict[str, Any]:
        answer = {**self.summary(version), "Content": version.content, "CreatedBy": {}}
        return answer | ({"SecurityConfig": self.security} if self.security else {})

    def summary(self, version: Version) -> dict[str, Any]:
        return {
            "ModelCardName": self.name,
            "ModelCardArn": self.arn,
            "ModelCardVersion": version.number,
            "ModelCardStatus": version.status,
            "CreationTime": version.created,
            "LastModifiedTime": version.modified,
        }

    def update(self, request: Mapping[str, Any]) -> None:
        """Another version for another content; a status alone is the newest version's."""
        newest, now = self.newest, utcnow()
        status = request.get("ModelCardStatus", newest.status)
        if newest.status == ARCHIVED and status == ARCHIVED:
            raise ServiceConflict(f"Model card {self.arn} is Archived; it cannot be changed.")
        if "Content" not in request:
            newest.status, newest.modified = status, now
            return
        number = newest.number + 1
        self.versions.append(Version(number, _json(request["Content"]), status, now, now))


def _json(content: str) -> str:
    """The content; refused unless it is JSON."""
    require_json(content, "The Content of a model card")
    return content


class ModelCardActions:
    """Create, update, describe, list and delete model cards."""

    params: dict[str, Any]
    sagemaker_backend: Backend

    def create_model_card(self) -> ActionResult:
        backend, request = self.sagemaker_backend, copy.deepcopy(self.params)
        name, now = request["ModelCardName"], utcnow()
        if name in backend.model_cards:
            raise ServiceConflict(f"Model card {backend.model_cards[name].arn} already exists.")
        first = Version(1, _json(request["Content"]), request["ModelCardStatus"], now, now)
        made = backend.model_cards[name] = ModelCard(
            name=name,
            arn=backend.arn("model-card", name),
            security=request.get("SecurityConfig", {}),
            versions=[first],
            tags=request.get("Tags", []),
        )
        return ActionResult({"ModelCardArn": made.arn})

    def update_model_card(self) -> ActionResult:
        found = self._card()
        found.update(self.params)
        return ActionResult({"ModelCardArn": found.arn})

    def describe_model_card(self) -> ActionResult:
        found = self._card()
        if self.params.get("IncludedData") == "MetadataOnly":
            raise NotSimulatedError(
                "IncludedData MetadataOnly", "A card's content is shown whole or not at all."
            )
        return ActionResult(found.describe(found.version(self.params.get("ModelCardVersion"))))

    def list_model_cards(self) -> ActionResult:
        cards = self.sagemaker_backend.model_cards.values()
        return ActionResult(LISTING.answer([one.summary(one.newest) for one in cards], self.params))

    def list_model_card_versions(self) -> ActionResult:
        found = self._card()
        versions = [found.summary(version) for version in found.versions]
        return ActionResult(VERSIONS.answer(versions, self.params))

    def delete_model_card(self) -> ActionResult:
        del self.sagemaker_backend.model_cards[self._card().name]
        return EmptyResult()

    def _card(self) -> ModelCard:
        name = self.params["ModelCardName"].rsplit("/", 1)[-1]
        backend = self.sagemaker_backend
        if name not in backend.model_cards:
            arn = backend.arn("model-card", name)
            raise ResourceNotFound(f"Model card {arn} does not exist.")
        return backend.model_cards[name]
