"""What `pip install .` brings: every package of the product, and nothing else."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PRODUCT = ("monitoring", "pipelines", "serving")
"""What the image holds; the offline AWS and the tests are run from a checkout."""


@pytest.fixture(scope="module")
def setuptools():
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]


def test_every_package_of_the_product_is_installed(setuptools):
    in_the_tree = [
        ".".join(path.parent.relative_to(ROOT).parts)
        for top in PRODUCT
        for path in (ROOT / top).rglob("__init__.py")
    ]
    assert setuptools["packages"] == sorted(in_the_tree)


@pytest.mark.parametrize("top", PRODUCT)
def test_every_file_that_is_no_module_is_installed_with_its_package(setuptools, top):
    listed = setuptools["package-data"].get(top, [])
    installed = {path for pattern in listed for path in (ROOT / top).glob(pattern)}
    others = {
        path
        for path in (ROOT / top).rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc")
    }
    assert installed == others


def test_each_directory_with_modules_is_a_package():
    modules = [path for top in PRODUCT for path in (ROOT / top).rglob("*.py")]
    assert not [path for path in modules if not (path.parent / "__init__.py").exists()]
