"""Types whose properties are their API's members in other letters, or one level further down.

Needs   botocore's model of the service, in which every member and its shape can be looked up
Gives   `MappedType`, of which a type is one row, and `fit`, which writes properties as a request
        takes them
Wrong   to think that an operation carries whatever its model lists: moto drops members. So a row
        lists in `carries` the properties that arrive, and the contract looks for each of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import jmespath
from botocore import xform_name
from botocore.model import Shape

from moto_fixtures import clients
from moto_fixtures.cloudformation.errors import ResourceFailed
from moto_fixtures.cloudformation.intrinsics import text
from moto_fixtures.cloudformation.resource_types.base import (
    Properties,
    ResourceType,
    Scope,
    differ,
    retag,
    tags_of,
)

REF = "Ref"
"""In a row's `key`: the physical id, where every other word is a property."""


@dataclass(frozen=True, kw_only=True)
class MappedType(ResourceType):
    """A type made, read, changed and deleted by one operation each."""

    service: str
    creating: str
    reading: str
    deleting: str
    updating: str | None = None
    carries: frozenset[str]
    """The properties that creating or updating really carry."""
    ref: str
    """JMESPath of the physical id, in the properties and the answer to creation."""
    found: str
    """JMESPath of the description, in the answer to reading."""
    key: Mapping[str, str] = field(default_factory=dict)
    """What names the resource in a request: member → property, or `REF`."""
    shows: Mapping[str, str] = field(default_factory=dict)
    """Fn::GetAtt's attributes: name → JMESPath in the description."""
    renames: Mapping[str, str] = field(default_factory=dict)
    """property → member, where more than the case of letters differs."""
    wrapper: str = ""
    """The member that holds all others but the tags, where the API has such."""
    defaults: Properties = field(default_factory=dict)
    """What is sent for a property that the template does not set."""
    arn: str = ""
    """JMESPath of the ARN to tag, in the description; empty where updating carries the tags."""
    asking: Properties = field(default_factory=dict)
    """Further members that reading sends."""
    forcing: Properties = field(default_factory=dict)
    """Further members that deletion sends."""
    changes_apart: frozenset[str] = frozenset()
    """Properties that a subclass changes by operations of their own."""

    @property
    def simulated(self) -> frozenset[str]:
        return self.carries

    def make(self, scope: Scope, properties: Properties) -> str:
        request = self._request(self.creating, {**self.defaults, **properties})
        answer = scope.call(self.service, self.creating, **request)
        return str(jmespath.search(self.ref, {**properties, **answer}))

    def configure(
        self, scope: Scope, physical_id: str, before: Properties, after: Properties
    ) -> None:
        if not before:
            return
        self.refuse_fixed(before, after)
        apart = {*self.changes_apart, *({"Tags"} if self.arn else ())}
        changed = bool(self.updating) and differ(before, after, ignoring=apart)
        if changed:
            operation = str(self.updating)
            wanted = {**self.defaults, **after}
            wanted = {name: value for name, value in wanted.items() if name not in apart}
            request = {
                **self._key(operation, physical_id, after),
                **self._request(operation, wanted),
            }
            scope.call(self.service, operation, **request)
        if self.arn and tags_of(before) != tags_of(after):
            arn = str(jmespath.search(self.arn, self.describe(scope, physical_id, after)))
            retag(scope, self.service, arn, before, after)

    def destroy(self, scope: Scope, physical_id: str, properties: Properties) -> None:
        key = self._key(self.deleting, physical_id, properties)
        scope.call(self.service, self.deleting, **key, **self.forcing)

    def attributes(self, scope: Scope, physical_id: str, properties: Properties) -> dict[str, Any]:
        found = self.describe(scope, physical_id, properties) if self.shows else {}
        return {name: jmespath.search(path, found) for name, path in self.shows.items()}

    def describe(self, scope: Scope, physical_id: str, properties: Properties) -> dict[str, Any]:
        """The resource as its service shows it."""
        key = self._key(self.reading, physical_id, properties)
        answer = scope.call(self.service, self.reading, **key, **self.asking)
        found: dict[str, Any] = jmespath.search(self.found, answer)
        return found

    def _request(self, operation: str, properties: Properties) -> dict[str, Any]:
        given = {self.renames.get(name, name): value for name, value in properties.items()}
        if self.wrapper:
            inner = {name: value for name, value in given.items() if name != "Tags"}
            given = {name: given[name] for name in given if name == "Tags"}
            given[self.wrapper] = inner
        shape = input_shape(self.service, operation)
        known = {member.lower() for member in shape.members}
        wanted = {name: value for name, value in given.items() if name.lower() in known}
        request: dict[str, Any] = fit(wanted, shape)
        return request

    def _key(self, operation: str, physical_id: str, properties: Properties) -> dict[str, Any]:
        shape, request = input_shape(self.service, operation), {}
        for member, source in self.key.items():
            value = physical_id if source == REF else properties.get(source)
            if value is not None and member in shape.members:
                several = shape.members[member].type_name == "list"
                request[member] = [value] if several else value
        return request


@cache
def input_shape(service: str, operation: str) -> Any:
    """botocore's shape of an operation's request."""
    model = clients.client(service, "us-east-1", "123456789012").meta.service_model
    names = {xform_name(api): api for api in model.operation_names}
    return model.operation_model(names[operation]).input_shape


def fit(value: Any, shape: Shape, path: str = "") -> Any:
    """Property values in the letters and types of a request's shape.

    Members are found whatever the case of their letters, documents become JSON where the API
    takes text, and a list of tags becomes a mapping where it takes that.

    Raises ResourceFailed, naming the member, when the API has none of that name.

    >>> project = input_shape("codebuild", "create_project")
    >>> fit({"Name": "build", "Source": {"Type": "S3", "BuildSpec": "b.yml"}}, project)
    {'name': 'build', 'source': {'type': 'S3', 'buildspec': 'b.yml'}}
    """
    fitting: Any = shape
    if fitting.type_name == "structure" and isinstance(value, Mapping):
        members = {name.lower(): name for name in fitting.members}
        if unknown := sorted(name for name in value if name.lower() not in members):
            raise ResourceFailed(f"{path}{unknown[0]} is not simulated by the offline AWS.")
        return {
            members[name.lower()]: fit(
                item, fitting.members[members[name.lower()]], f"{path}{name}."
            )
            for name, item in value.items()
        }
    if fitting.type_name == "map":
        entries = tags_of({"Tags": value})
        return {name: fit(item, fitting.value, f"{path}{name}.") for name, item in entries.items()}
    if fitting.type_name == "list" and isinstance(value, list):
        return [fit(item, fitting.member, path) for item in value]
    if fitting.type_name == "string" and isinstance(value, dict | list):
        return json.dumps(value)
    return text(value) if fitting.type_name == "string" else value
