"""Names that must fit: SageMaker allows 63 characters, letters, digits and inner hyphens.

Needs the project's and the stage's name; the endpoint stack, the monitor stack and the baselines
all derive the same names here, so that they meet without asking each other.

The one thing a reader gets wrong: a name is cut for its longest companion. The schedule's own
name leaves room for `-ModelExplainability`, whichever monitors are on.
"""

from __future__ import annotations

import hashlib

from monitoring.kinds import KINDS

STAGES = ("staging", "prod")
LONGEST_NAME = 63
LONGEST_PROJECT_NAME = 32
LONGEST_SCHEDULE_NAME = LONGEST_NAME - max(len(f"-{kind.name}") for kind in KINDS)
"""So that `{MonitoringScheduleName}-ModelExplainability` is still a legal name."""


def fit(name: str, limit: int = LONGEST_NAME) -> str:
    """A name no longer than `limit`: as it is, or cut and told apart by a hash of the whole.

    The same name always gives the same result, and a cut one never ends in a hyphen.

    >>> fit("fraud-staging")
    'fraud-staging'
    >>> fit("a-very-long-project-name-staging", limit=20)
    'a-very-long-e2fead72'
    """
    if len(name) <= limit:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: limit - 9].rstrip('-')}-{digest}"


def endpoint_name(project: str, stage: str) -> str:
    """`{project}-{stage}`, as AWS's deployment template names the endpoint.

    >>> endpoint_name("fraud", "prod")
    'fraud-prod'
    """
    return fit(f"{project}-{stage}")


def schedule_name(project: str, stage: str) -> str:
    """`MonitoringScheduleName`, with room for `-ModelExplainability` behind it.

    >>> schedule_name("fraud", "prod")
    'fraud-prod'
    """
    return fit(f"{project}-{stage}", LONGEST_SCHEDULE_NAME)
