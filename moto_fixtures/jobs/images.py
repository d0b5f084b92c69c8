"""Which image runs what: there is no container engine here, so an image is known or refused.

Needs     an image's URI
Gives     how a job with it is run on this machine

Any other image runs when a command of this machine is registered for it: `register(image,
["python", "/home/me/image/main.py"])` in this process, or for a server the file that
OFFLINE_IMAGES names, a JSON object of image (or its repository) → command. The command
stands in the place of the image's own ENTRYPOINT.

The image made of this repository (Dockerfile) holds its packages and a program `train`. Here
the checkout is what it holds.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from moto_fixtures.sagemaker.errors import NotSimulatedError

OFFLINE_IMAGES = "OFFLINE_IMAGES"
ANALYZERS = (
    r"sagemaker-model-monitor-analyzer",
    r"sagemaker-model-monitor-groundtruth-merger",
    r"sagemaker-clarify-processing",
    r"(.*/)?[\w-]*monitor[\w-]*-?analyzer",
    r"(.*/)?sagemaker-model-monitoring",
)
"""Repositories whose container is `monitoring/job.py`: AWS's own images, and ours."""
OWN = (r"(.*/)?serving", r"(.*/)?sagemaker-model-monitoring")
"""Repositories of the image made of this repository."""
CHECKOUT = Path(__file__).resolve().parents[2]
TRAIN = ("python", "-m", "pipelines.training_job")
"""What its program `train` is (pyproject.toml)."""
CLARIFY = "sagemaker-clarify-processing"
FRAMEWORKS = (
    r"sagemaker-scikit-learn",
    r"sagemaker-xgboost",
    r"sagemaker-base-python.*",
    r"sagemaker-distribution.*",
    r"(pytorch|tensorflow|mxnet|huggingface-pytorch|huggingface-tensorflow|autogluon)-"
    r"(training|inference|tensorflow-training)",
    r"(.*/)?python",
)
"""Repositories whose container runs the user's script; here this interpreter does."""


@dataclass(frozen=True, slots=True)
class Image:
    """How a job with an image is run."""

    repository: str
    is_analyzer: bool = False
    command: tuple[str, ...] = ()
    """The registered command, in the place of the image's ENTRYPOINT."""
    train: tuple[str, ...] = ()
    """Its own program `train`."""
    search: tuple[Path, ...] = ()
    """Where its Python finds packages of its own."""


_registered: dict[str, tuple[str, ...]] = {}


def register(image: str, command: Sequence[str]) -> None:
    """Run a command of this machine where an image (a URI, or its repository) is asked for."""
    _registered[image] = tuple(command)


def registered() -> dict[str, tuple[str, ...]]:
    """Every command that was registered, by its image."""
    return dict(_registered)


def forget() -> None:
    """Take back what was registered."""
    _registered.clear()


def repository(uri: str) -> str:
    """The name of an image, without registry, tag and digest.

    >>> repository("156813124566.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1")
    'sagemaker-scikit-learn'
    >>> repository("python:3.11"), repository("me.example:5000/team/model@sha256:00")
    ('python', 'team/model')
    """
    name = uri.partition("@")[0]
    head, slash, rest = name.partition("/")
    if slash and ("." in head or ":" in head):
        name = rest
    return re.sub(r":[^/]*$", "", name)


def image(uri: str) -> Image:
    """How a job with this image is run.

    Raises:
        NotSimulatedError: the image is not known and nothing is registered for it.
    """
    name, commands = repository(uri), {**_from_file(), **_registered}
    command = commands.get(uri) or commands.get(name)
    if command:
        return Image(name, command=command)
    is_analyzer = any(re.fullmatch(pattern, name) for pattern in ANALYZERS)
    if any(re.fullmatch(pattern, name) for pattern in OWN):
        return Image(name, is_analyzer, train=TRAIN, search=(CHECKOUT,))
    if is_analyzer:
        return Image(name, is_analyzer)
    if any(re.fullmatch(pattern, name) for pattern in FRAMEWORKS):
        return Image(name)
    raise NotSimulatedError(
        f"The image {uri}",
        f"There is no container engine. Register a command of this machine for {name!r}: "
        f"the file that {OFFLINE_IMAGES} names is a JSON object of image to command.",
    )


def _from_file() -> dict[str, tuple[str, ...]]:
    path = os.environ.get(OFFLINE_IMAGES)
    if not path:
        return {}
    return {name: tuple(command) for name, command in json.loads(Path(path).read_text()).items()}
