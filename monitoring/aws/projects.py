"""Projects: the tags that every stack of a SageMaker project carries.

Needs     sagemaker:DescribeProject and sagemaker:ListTags
Writes    nothing

The one thing a reader gets wrong: "no project" and "no permission to ask" are different answers.
A team without SageMaker Projects goes on with three tags; a missing permission is an error, or
cost and access reports would lose the stacks without a word.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from monitoring.aws.clients import asking, is_missing

log = logging.getLogger(__name__)


def stage_tags(stage: str, project_id: str, project_name: str) -> dict[str, str]:
    """The three tags AWS's template puts on the resources of a stage.

    >>> list(stage_tags("prod", "p-1", "fraud"))
    ['sagemaker:deployment-stage', 'sagemaker:project-id', 'sagemaker:project-name']
    """
    return {
        "sagemaker:deployment-stage": stage,
        "sagemaker:project-id": project_id,
        "sagemaker:project-name": project_name,
    }


def project_tags(sagemaker: Any, project: str, arn: str | None = None) -> dict[str, str]:
    """The project's own tags, all pages, without those AWS keeps for itself (`aws:`).

    `arn` saves looking the project up by name. Empty when there is no such project.
    Raises AwsError when they may not be read.
    """
    if arn is None and (arn := _arn(sagemaker, project)) is None:
        log.info("no SageMaker project %s: stacks carry the three stage tags only", project)
        return {}
    with asking("sagemaker:ListTags", arn):
        pages = sagemaker.get_paginator("list_tags").paginate(ResourceArn=arn)
        return {
            tag["Key"]: tag["Value"]
            for page in pages
            for tag in page["Tags"]
            if not tag["Key"].startswith("aws:")
        }


def _arn(sagemaker: Any, project: str) -> str | None:
    with asking("sagemaker:DescribeProject", f"project {project}"):
        try:
            return str(sagemaker.describe_project(ProjectName=project)["ProjectArn"])
        except ClientError as error:
            if is_missing(error):
                return None
            raise


def combine(stage: Mapping[str, str], project: Mapping[str, str]) -> dict[str, str]:
    """The stage's tags, then the project's own; the stage's value stays where both have one.

    >>> combine({"sagemaker:project-name": "fraud"}, {"team": "risk"})
    {'sagemaker:project-name': 'fraud', 'team': 'risk'}
    """
    return {**stage, **{key: value for key, value in project.items() if key not in stage}}
