"""`make pins`: look up the digests of the images we build on and run beside.

Needs     a registry that can be reached
Writes    docker/pins.env: each image as name:tag@sha256:…, or nothing where one is not found

A tag is moved at its owner's will, a digest is the content itself. There is no digest here
that nobody looked up: without a registry this ends with the reason, and so does a build.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urlencode

REGISTRY = "https://registry-1.docker.io"
IMAGES = {
    "BASE_IMAGE": "library/python:3.11-slim",
    "PROMETHEUS_IMAGE": "prom/prometheus:v3.5.0",
    "GRAFANA_IMAGE": "grafana/grafana:12.0.0",
}
MANIFESTS = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
CHALLENGE = re.compile(r'(\w+)="([^"]*)"')
PATIENCE = 20


class PinError(Exception):
    """An image whose digest cannot be looked up."""


def pinned(registry: str, image: str) -> str:
    """The image with the digest its tag has now, for every platform it is built for.

    Raises PinError where the registry cannot be reached or does not know the image.
    """
    name, _, tag = image.partition(":")
    url = f"{registry}/v2/{quote(name)}/manifests/{quote(tag)}"
    try:
        try:
            digest = _digest(url, {})
        except urllib.error.HTTPError as refused:
            if refused.code != 401:
                raise
            challenge = refused.headers.get("WWW-Authenticate", "")
            digest = _digest(url, {"Authorization": f"Bearer {_token(challenge)}"})
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise PinError(
            f"{image}: no digest from {registry} ({reason}); run make pins where the "
            "registry can be reached, or write the image with its digest into docker/pins.env"
        ) from error
    if not DIGEST.fullmatch(digest):
        raise PinError(f"{image}: {registry} answered without a sha256 digest; nothing is pinned")
    return f"{name.removeprefix('library/')}:{tag}@{digest}"


def write(path: Path, pins: Mapping[str, str]) -> None:
    """All pins at once, as `docker compose --env-file` reads them."""
    lines = "".join(f"{variable}={image}\n" for variable, image in pins.items())
    draft = path.with_suffix(".new")
    draft.write_text(f"# Written by make pins.\n{lines}", encoding="utf-8")
    draft.replace(path)


def _digest(url: str, headers: Mapping[str, str]) -> str:
    asked = urllib.request.Request(  # noqa: S310 - the scheme is --registry's
        url, headers={"Accept": MANIFESTS, **headers}, method="HEAD"
    )
    with urllib.request.urlopen(asked, timeout=PATIENCE) as answered:  # noqa: S310
        return str(answered.headers.get("Docker-Content-Digest", ""))


def _token(challenge: str) -> str:
    """A token to read with, from where the registry says that it is given."""
    said = dict(CHALLENGE.findall(challenge))
    query = urlencode({name: said[name] for name in ("service", "scope") if name in said})
    with urllib.request.urlopen(f"{said.get('realm')}?{query}", timeout=PATIENCE) as answered:  # noqa: S310
        return str(json.load(answered).get("token", ""))


def main() -> int:
    """Pin every image, or none and say why."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--registry", default=REGISTRY)
    parser.add_argument("--to", type=Path, default=Path(__file__).with_name("pins.env"))
    asked = parser.parse_args()
    try:
        pins = {variable: pinned(asked.registry, image) for variable, image in IMAGES.items()}
    except PinError as error:
        print(error, file=sys.stderr)
        return 1
    write(asked.to, pins)
    return 0


if __name__ == "__main__":
    sys.exit(main())
