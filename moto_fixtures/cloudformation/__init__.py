"""The CloudFormation of the offline AWS: template → blueprint → plan → apply, or all undone.

    responses      the API, as boto3 and the aws CLI call it
    limits         members of requests that are refused, or have no effect
    engine         the stacks and change sets of one account and region
    operations     one operation at a time for each stack
    throttling     calls answered "Rate exceeded" on demand
    nested         what a stack does for the stacks within it
    blueprint      everything that can be known to be wrong before anything is made
      template       text → sections       parameters   values, types and limits
      intrinsics     Ref, Fn::Sub, …       graph        who needs whom
      structure      what must be an object, a list or text
      rules          the Rules section      account_types  parameters that must exist
      dynamic_references  {{resolve:ssm:…}}, {{resolve:secretsmanager:…}}
    plan           what an update would do: Add, Modify, Remove, and which are replaced
    causes         why it would change a property
    deployment     does it, one resource at a time, with an undo for each
    rollback       takes it back, and deletes whole stacks
    drift          how live resources differ from what was deployed; live reads them
    schema         the registry schema of a type: required, read-only, create-only, …
    resource_types one row for each type: which API calls make, change and destroy it

Every resource is made through its service's own API, so what a stack makes and what a user
makes are the same thing. A type without a row is refused before anything is made: moto's own
engine skips it and reports success, which is why this one exists.

Everything happens inside the call that asks for it: when execute_change_set answers, the
stack has reached its final state, and no waiter has to sleep.
"""

from __future__ import annotations


def install() -> None:
    """Put the engine in the place of moto's. Idempotent; call before the first request."""
    from moto.cloudformation import models, urls

    from moto_fixtures.cloudformation.engine import Engine
    from moto_fixtures.cloudformation.responses import CloudFormationResponse

    models.cloudformation_backends.backend = Engine
    models.cloudformation_backends.clear()
    urls.url_paths["{0}/$"] = CloudFormationResponse.dispatch
