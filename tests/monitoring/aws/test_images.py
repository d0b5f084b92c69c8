"""Images: our table is the SageMaker SDK's, region by region."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from monitoring.aws import images
from monitoring.errors import AwsError


@pytest.fixture(scope="module")
def sdk():
    """The SDK's own lookup, with its telemetry and its configuration files switched off."""
    if find_spec("sagemaker") is None:
        pytest.skip("the SageMaker SDK is not installed (requirements-dev.txt has it)")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SAGEMAKER_SUPPRESS_V2_WARNING", "1")
        environment.setenv("SAGEMAKER_TELEMETRY_OPT_OUT", "true")
        import sagemaker.image_uris

        yield sagemaker.image_uris


def published(sdk, image: str) -> dict[str, str]:
    """Region → account, as the SDK's file for an image has it."""
    file = Path(sdk.__file__).with_name("image_uri_config") / f"{image}.json"
    held = json.loads(file.read_text())
    held = held.get("processing", held)
    (version,) = held["versions"].values()
    return version["registries"]


@pytest.mark.parametrize("image", images.REPOSITORIES)
def test_every_region_has_the_sdks_account(sdk, image: str) -> None:
    ours = {name: images.account(image, name) for name in images.ACCOUNTS}
    assert {name: account for name, account in ours.items() if account} == published(sdk, image)


@pytest.mark.parametrize("region", ["eu-west-1", "us-east-1", "cn-north-1", "us-isof-east-1"])
@pytest.mark.parametrize("image", images.REPOSITORIES)
def test_the_whole_uri_is_the_sdks_in_every_partition(sdk, image: str, region: str) -> None:
    assert images.uri(image, region) == sdk.retrieve(image, region)


@pytest.mark.parametrize("image", images.REPOSITORIES)
def test_an_unknown_region_names_the_known_ones_and_the_parameter(image: str) -> None:
    with pytest.raises(AwsError) as caught:
        images.uri(image, "eu-nowhere-1")
    assert "eu-west-1" in str(caught.value)
    assert images.PARAMETERS[image] in str(caught.value)


def test_a_region_with_one_image_only_refuses_the_other() -> None:
    assert images.account("model-monitor", "il-central-1")
    with pytest.raises(AwsError, match="no clarify image is known"):
        images.uri("clarify", "il-central-1")
