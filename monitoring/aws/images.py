"""Images: where AWS publishes the two containers that run the four monitors.

Needs     a region
Writes    nothing

The one thing a reader gets wrong: the account is different in every region, and the two images
do not share it. Most of these regions have both; a few have only one.

The account numbers are facts, taken from the SageMaker Python SDK (Apache-2.0), files
`image_uri_config/model-monitor.json` and `clarify.json` of version 2.257.7; a test compares every
region with the installed SDK. Why it is not asked at run time: docs/decisions/0003.
"""

from __future__ import annotations

from collections.abc import Mapping

from monitoring.errors import AwsError

REPOSITORIES = {
    "model-monitor": "sagemaker-model-monitor-analyzer",
    "clarify": "sagemaker-clarify-processing:1.0",
}
PARAMETERS = {"model-monitor": "ModelMonitorImageUri", "clarify": "ClarifyImageUri"}
"""The template parameter that holds each image's URI."""

DOMAINS = {
    "cn-": "amazonaws.com.cn",
    "us-isof-": "csp.hci.ic.gov",
}
"""DNS suffix of ECR by region prefix; elsewhere it is amazonaws.com."""

ACCOUNTS: Mapping[str, tuple[str | None, str | None]] = {
    # region: (model-monitor, clarify)
    "af-south-1": ("875698925577", "811711786498"),
    "ap-east-1": ("001633400207", "098760798382"),
    "ap-northeast-1": ("574779866223", "377024640650"),
    "ap-northeast-2": ("709848358524", "263625296855"),
    "ap-northeast-3": ("990339680094", "912233562940"),
    "ap-south-1": ("126357580389", "452307495513"),
    "ap-southeast-1": ("245545462676", "834264404009"),
    "ap-southeast-2": ("563025443158", "007051062584"),
    "ap-southeast-3": ("669540362728", "705930551576"),
    "ca-central-1": ("536280801234", "675030665977"),
    "cn-north-1": ("453000072557", "122526803553"),
    "cn-northwest-1": ("453252182341", "122578899357"),
    "eu-central-1": ("048819808253", "017069133835"),
    "eu-central-2": ("590183933784", "730335477804"),
    "eu-north-1": ("895015795356", "763603941244"),
    "eu-south-1": ("933208885752", "638885417683"),
    "eu-south-2": ("437450045455", None),
    "eu-west-1": ("468650794304", "131013547314"),
    "eu-west-2": ("749857270468", "440796970383"),
    "eu-west-3": ("680080141114", "341593696636"),
    "il-central-1": ("843974653677", None),
    "me-central-1": ("588750061953", None),
    "me-south-1": ("607024016150", "835444307964"),
    "sa-east-1": ("539772159869", "520018980103"),
    "us-east-1": ("156813124566", "205585389593"),
    "us-east-2": ("777275614652", "211330385671"),
    "us-gov-west-1": (None, "598674086554"),
    "us-isof-east-1": ("853188333426", "579539705040"),
    "us-isof-south-1": ("467912361380", "411392592546"),
    "us-west-1": ("890145073186", "740489534195"),
    "us-west-2": ("159807026194", "306415355426"),
}


def account(image: str, region: str) -> str | None:
    """The account that publishes an image in a region, or None."""
    model_monitor, clarify = ACCOUNTS.get(region, (None, None))
    return {"model-monitor": model_monitor, "clarify": clarify}[image]


def uri(image: str, region: str) -> str:
    """The URI of `model-monitor` or `clarify` in a region.

    >>> uri("clarify", "eu-west-1")
    '131013547314.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-clarify-processing:1.0'

    Raises AwsError for a region where AWS publishes none that we know of.
    """
    publisher = account(image, region)
    if publisher is None:
        known = ", ".join(name for name in ACCOUNTS if account(image, name))
        raise AwsError(
            f"region {region}: no {image} image is known there. Correct --region, or put the "
            f"image's URI into {PARAMETERS[image]} of the stage file. Known regions: {known}"
        )
    domain = next((d for p, d in DOMAINS.items() if region.startswith(p)), "amazonaws.com")
    return f"{publisher}.dkr.ecr.{region}.{domain}/{REPOSITORIES[image]}"
