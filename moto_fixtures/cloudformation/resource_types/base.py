"""What every resource type must be able to do, and the one class most of them are rows of.

`make` creates the bare thing, `configure` brings it from one set of properties to another and
is used for both creation (before = {}) and update, so an update cannot forget what creation
knows. Undoing an update is the same call the other way round.

A property no call of a type carries is refused by `unsimulated`: dropping it in silence would
deploy something other than the template says.
"""

# ruff: noqa: ARG002  (every type has the same four methods; few need all of their arguments)

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

from botocore import xform_name
from botocore.exceptions import ClientError

from moto_fixtures import clients
from moto_fixtures.cloudformation import schema
from moto_fixtures.cloudformation.errors import (
    HalfMade,
    ResourceFailed,
    ValidationError,
    is_absent,
)

Properties = Mapping[str, Any]


@dataclass(frozen=True)
class Owner:
    """The stack a resource belongs to, as far as a nested stack inherits from it."""

    stack_id: str
    root_id: str
    capabilities: tuple[str, ...] = ()
    keeps_failures: bool = False
    """Whether what fails is left standing (--disable-rollback)."""
    skip: tuple[str, ...] = ()
    """ResourcesToSkip of nested stacks, as {stack name}.{logical id}."""


@dataclass(frozen=True)
class Scope:
    """Where a stack lives, and the calls that can be made there."""

    account: str
    region: str
    partition: str = "aws"
    owner: Owner | None = None

    def call(self, service: str, operation: str, **request: Any) -> dict[str, Any]:
        """One API call, answered in this process; errors are botocore's."""
        client = clients.client(service, self.region, self.account)
        answer: dict[str, Any] = getattr(client, operation)(**request)
        answer.pop("ResponseMetadata", None)
        return answer

    def read_ssm(self, name: str) -> str:
        """The value of an SSM parameter.

        Raises ValidationError when there is none of that name, or it is a SecureString.
        """
        try:
            found = self.call("ssm", "get_parameter", Name=name)["Parameter"]
        except ClientError as error:
            if not is_absent(error):
                raise
            raise ValidationError(
                f"Unable to fetch parameters [{name}] from parameter store for this account."
            ) from None
        if found["Type"] == "SecureString":
            raise ValidationError(
                f"Parameters [{name}] referenced by template have types not supported by "
                "CloudFormation."
            )
        return str(found["Value"])

    def arn(self, service: str, resource: str) -> str:
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"


@dataclass(frozen=True, kw_only=True)
class ResourceType(ABC):
    """One CloudFormation resource type."""

    type_name: str
    name_property: str | None = None
    """The property that names the resource; generated when the template leaves it out."""
    name_limit: int = 63
    name_case: str = "mixed"
    """`lower` where the service takes no capitals."""
    name_from_stack: bool = True
    """Whether a generated name starts with the stack's, as most types' do."""
    fixed: frozenset[str] = frozenset()
    """Properties that no call changes, though their schema does not say create-only."""
    has_snapshots: ClassVar[bool] = False
    updates_itself: ClassVar[bool] = False
    """Whether every update of the stack visits it, because it may differ unseen."""

    @property
    @abstractmethod
    def simulated(self) -> frozenset[str]:
        """The properties this type's calls carry."""

    @abstractmethod
    def make(self, scope: Scope, properties: Properties) -> str:
        """Create it; return the physical id, which is what Ref gives."""

    @abstractmethod
    def configure(
        self, scope: Scope, physical_id: str, before: Properties, after: Properties
    ) -> None:
        """Bring it from one set of properties to the other; before is {} at creation."""

    @abstractmethod
    def destroy(self, scope: Scope, physical_id: str, properties: Properties) -> None:
        """Delete it."""

    def attributes(self, scope: Scope, physical_id: str, properties: Properties) -> dict[str, Any]:
        """The read-only attributes Fn::GetAtt may ask for."""
        return {}

    def create(self, scope: Scope, properties: Properties) -> str:
        """Make and configure it, or leave nothing behind."""
        physical_id = self.make(scope, properties)
        try:
            self.configure(scope, physical_id, {}, properties)
        except Exception:
            self.delete(scope, physical_id, properties)
            raise
        return physical_id

    def delete(self, scope: Scope, physical_id: str, properties: Properties) -> None:
        """Destroy it; that it is gone already is no failure."""
        try:
            self.destroy(scope, physical_id, properties)
        except ClientError as error:
            if not is_absent(error):
                raise

    def revert(self, scope: Scope, physical_id: str, after: Properties, before: Properties) -> None:
        """Take a change back: for most types, the change the other way round."""
        if not self.fixed & differ(before, after):
            self.configure(scope, physical_id, after, before)

    def refuse_fixed(self, before: Properties, after: Properties) -> None:
        """Raise ResourceFailed, before anything is done, when a fixed property differs."""
        if before and (changed := sorted(self.fixed & differ(before, after))):
            raise ResourceFailed(
                f"{', '.join(changed)} of {self.type_name} is set by the offline AWS when the "
                "resource is made, and not changed afterwards; give it another logical id."
            )

    def conclude(self, scope: Scope, physical_id: str) -> None:  # noqa: B027  (few have anything)
        """The stack's update has succeeded: nothing will be taken back any more."""

    def unsimulated(self, properties: Properties) -> list[str]:
        """The properties given that no call of this type carries."""
        return sorted(set(properties) - self.simulated)


@dataclass(frozen=True)
class Settling:
    """How a resource that takes its time says that it is ready."""

    status: str
    ready: frozenset[str]
    pending: frozenset[str]
    reason: str = "FailureReason"
    reads: int = 10
    """How often to read before giving up; each read lets the offline service move on."""


@dataclass(frozen=True, kw_only=True)
class ApiType(ResourceType):
    """A type whose properties are its API's members: create_, describe_, update_, delete_.

    Without an update operation every property must be create-only, tags apart.
    """

    service: str
    noun: str
    """model_package_group, as in create_model_package_group."""
    ref: str
    """The member of the description that is the physical id."""
    updates: bool = False
    settling: Settling | None = None

    @property
    def simulated(self) -> frozenset[str]:
        return frozenset(schema.of(self.type_name, "us-east-1").properties) & (
            self._members(f"create_{self.noun}")
            | (self._members(f"update_{self.noun}") if self.updates else frozenset())
        )

    def make(self, scope: Scope, properties: Properties) -> str:
        operation = f"create_{self.noun}"
        scope.call(self.service, operation, **self._only(operation, properties))
        try:
            found = self._settled(scope, properties)
        except ResourceFailed as failure:
            made = self.attributes(scope, "", properties)
            raise HalfMade(str(failure), str(made[self.ref])) from failure
        return str(found[self.ref])

    def configure(
        self, scope: Scope, physical_id: str, before: Properties, after: Properties
    ) -> None:
        if not before:
            return
        operation = f"update_{self.noun}"
        if self.updates and differ(before, after, ignoring={"Tags"}):
            scope.call(self.service, operation, **self._only(operation, after))
            self._settled(scope, after)
        retag(scope, self.service, physical_id, before, after)

    def destroy(self, scope: Scope, physical_id: str, properties: Properties) -> None:
        scope.call(self.service, f"delete_{self.noun}", **self._key(properties))

    def attributes(self, scope: Scope, physical_id: str, properties: Properties) -> dict[str, Any]:
        return scope.call(self.service, f"describe_{self.noun}", **self._key(properties))

    def _key(self, properties: Properties) -> dict[str, Any]:
        return {str(self.name_property): properties[str(self.name_property)]}

    def _settled(self, scope: Scope, properties: Properties) -> dict[str, Any]:
        """The description, once the resource has left its pending states."""
        found: dict[str, Any] = {}
        for _ in range(self.settling.reads if self.settling else 1):
            found = scope.call(self.service, f"describe_{self.noun}", **self._key(properties))
            if not self.settling or found.get(self.settling.status) in self.settling.ready:
                return found
            if found.get(self.settling.status) not in self.settling.pending:
                break
        assert self.settling is not None
        status, why = found.get(self.settling.status), found.get(self.settling.reason)
        name = properties[str(self.name_property)]
        raise ResourceFailed(
            f'Resource handler returned message: "Resource of type {self.type_name} with '
            f'identifier {name} did not stabilize. It is {status}: {why or "no reason given"}" '
            "(HandlerErrorCode: NotStabilized)"
        )

    def _members(self, operation: str) -> frozenset[str]:
        return members(self.service, operation)

    def _only(self, operation: str, properties: Properties) -> dict[str, Any]:
        wanted = self._members(operation)
        return {key: value for key, value in properties.items() if key in wanted}


@cache
def members(service: str, operation: str) -> frozenset[str]:
    """The top-level request members of an operation, from botocore's model.

    >>> sorted(members("sagemaker", "delete_endpoint"))
    ['EndpointName']
    """
    meta = clients.client(service, "us-east-1", "123456789012").meta
    names = {xform_name(api): api for api in meta.service_model.operation_names}
    shape = meta.service_model.operation_model(names[operation]).input_shape
    return frozenset(shape.members) if shape else frozenset()


def differ(before: Properties, after: Properties, ignoring: set[str] | None = None) -> set[str]:
    """The keys whose values differ between two sets of properties."""
    keys = (set(before) | set(after)) - (ignoring or set())
    return {key for key in keys if before.get(key) != after.get(key)}


def tags_of(properties: Properties) -> dict[str, str]:
    """Tags as a mapping; templates write them as a list, or as a mapping for a few types."""
    tags = properties.get("Tags") or {}
    return dict(tags) if isinstance(tags, Mapping) else {tag["Key"]: tag["Value"] for tag in tags}


def tag_list(
    properties: Properties, key: str = "Key", value: str = "Value"
) -> list[dict[str, str]]:
    return [{key: name, value: found} for name, found in tags_of(properties).items()]


@dataclass(frozen=True)
class Tagging:
    """How a service tags what it already has."""

    add: str
    remove: str
    identifier: str
    tags: str = "Tags"
    keys: str = "TagKeys"
    as_mapping: bool = False
    key: str = "Key"
    value: str = "Value"
    extra: tuple[tuple[str, str], ...] = ()


TAGGING: Mapping[str, Tagging] = {
    "sagemaker": Tagging("add_tags", "delete_tags", "ResourceArn"),
    "cloudwatch": Tagging("tag_resource", "untag_resource", "ResourceARN"),
    "sns": Tagging("tag_resource", "untag_resource", "ResourceArn"),
    "events": Tagging("tag_resource", "untag_resource", "ResourceARN"),
    "iam": Tagging("tag_role", "untag_role", "RoleName"),
    "sqs": Tagging("tag_queue", "untag_queue", "QueueUrl", as_mapping=True),
    "logs": Tagging(
        "tag_resource", "untag_resource", "resourceArn", "tags", "tagKeys", as_mapping=True
    ),
    "kms": Tagging("tag_resource", "untag_resource", "KeyId", key="TagKey", value="TagValue"),
    "ssm": Tagging(
        "add_tags_to_resource", "remove_tags_from_resource", "ResourceId",
        extra=(("ResourceType", "Parameter"),),
    ),
    "application-autoscaling": Tagging(
        "tag_resource", "untag_resource", "ResourceARN", as_mapping=True
    ),
    "scheduler": Tagging("tag_resource", "untag_resource", "ResourceArn"),
    "ecr": Tagging("tag_resource", "untag_resource", "resourceArn", "tags", "tagKeys"),
    "codepipeline": Tagging(
        "tag_resource", "untag_resource", "resourceArn", "tags", "tagKeys",
        key="key", value="value",
    ),
    "secretsmanager": Tagging("tag_resource", "untag_resource", "SecretId"),
}  # fmt: skip


def retag(
    scope: Scope, service: str, identifier: str, before: Properties, after: Properties
) -> None:
    """Add and remove tags so that `before`'s become `after`'s."""
    old, new, how = tags_of(before), tags_of(after), TAGGING[service]
    target = {how.identifier: identifier, **dict(how.extra)}
    if gone := sorted(set(old) - set(new)):
        scope.call(service, how.remove, **target, **{how.keys: gone})
    if changed := {key: value for key, value in new.items() if old.get(key) != value}:
        tags = changed if how.as_mapping else tag_list({"Tags": changed}, how.key, how.value)
        scope.call(service, how.add, **target, **{how.tags: tags})
