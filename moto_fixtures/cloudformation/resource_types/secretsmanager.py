"""AWS::SecretsManager: secrets, given or drawn."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moto_fixtures.cloudformation.resource_types.base import Properties, ResourceType, Scope
from moto_fixtures.cloudformation.resource_types.mapped import REF, MappedType


@dataclass(frozen=True, kw_only=True)
class Secret(MappedType):
    """A secret. A drawn one is drawn again only when what it is drawn from changes."""

    def make(self, scope: Scope, properties: Properties) -> str:
        return super().make(scope, _with_value(scope, properties))

    def configure(
        self, scope: Scope, physical_id: str, before: Properties, after: Properties
    ) -> None:
        drawn_anew = before.get("GenerateSecretString") != after.get("GenerateSecretString")
        wanted = _with_value(scope, after) if before and drawn_anew else after
        super().configure(scope, physical_id, before, wanted)


def _with_value(scope: Scope, properties: Properties) -> Properties:
    """The properties with a secret drawn as GenerateSecretString asks, if it does."""
    asked: Mapping[str, Any] | None = properties.get("GenerateSecretString")
    if asked is None:
        return properties
    template, key = asked.get("SecretStringTemplate"), asked.get("GenerateStringKey")
    how = {
        name: value
        for name, value in asked.items()
        if name not in ("SecretStringTemplate", "GenerateStringKey")
    }
    drawn = scope.call("secretsmanager", "get_random_password", **how)["RandomPassword"]
    value = drawn if template is None else json.dumps({**json.loads(template), str(key): drawn})
    rest = {name: item for name, item in properties.items() if name != "GenerateSecretString"}
    return {**rest, "SecretString": value}


TYPES: tuple[ResourceType, ...] = (
    Secret(
        type_name="AWS::SecretsManager::Secret",
        name_property="Name",
        name_limit=512,
        service="secretsmanager",
        creating="create_secret",
        reading="describe_secret",
        updating="update_secret",
        deleting="delete_secret",
        carries=frozenset(
            {"Description", "GenerateSecretString", "KmsKeyId", "Name", "SecretString", "Tags"}
        ),
        ref="ARN",
        found="@",
        key={"SecretId": REF},
        shows={"Id": "ARN"},
        arn="ARN",
        defaults={"Description": ""},
        forcing={"ForceDeleteWithoutRecovery": True},
    ),
)
