"""The house's own rules, checked with `ast`: who may import whom, and how large things grow."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]

ROOT_SCRIPTS = {"get_baselines_and_configs", "utils"}
TOP = {
    "pipelines",
    "serving",
    "console",
    "cli",
    "commands",
    "options",
    "__main__",
    "status",
    "cautions",
    "why",
} | ROOT_SCRIPTS
"""What may import everything below it, and is imported by nothing below it."""

RANKS = {
    **dict.fromkeys(("kinds", "errors", "names", "parameters"), 0),
    **dict.fromkeys(("measures", "config", "baselines", "documents", "spools", "arguments"), 1),
    **dict.fromkeys(("monitors", "aws"), 2),
    **dict.fromkeys(("capture", "tables"), 2),
    **dict.fromkeys(("job", "report", "exports", "predictors", "variables"), 3),
    **dict.fromkeys(("self_hosted", "scheduled", "hosted"), 3),
    **dict.fromkeys(("compute", "datasets", "instructions", "evaluation", "metrics", "scripts"), 3),
    **dict.fromkeys(("excluding", "json_tables", "text_lines", "batch_transform"), 3),
    **dict.fromkeys(("shap_baseline",), 3),
    **dict.fromkeys(TOP, 4),
}
STDLIB_ONLY = (
    "kinds",
    "errors",
    "names",
    "parameters",
    "spools",
    "arguments",
    "config",
    "baselines",
    "documents",
)
BOTO = {"boto3", "botocore"}
LONGEST_MODULE = 400
LONGEST_FUNCTION = 70


class Import(NamedTuple):
    """One import statement's module, and the line it stands in."""

    module: str
    line: int


def tracked(pattern: str = "*.py") -> list[Path]:
    """Files that git knows or would add: what a clone would hold."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", pattern],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).exists()]


def product() -> list[Path]:
    """Every module but the tests and the offline AWS."""
    outside = {"tests", "moto_fixtures", "benchmarks", "docker"}
    return [path for path in tracked() if path.relative_to(ROOT).parts[0] not in outside]


@cache
def parsed(path: Path) -> ast.Module:
    """A file's syntax tree, made once for all tests."""
    return ast.parse(path.read_text())


@cache
def imports(path: Path) -> tuple[Import, ...]:
    """Absolute module names imported anywhere in a file, lazily or not."""
    found = []
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            found += [Import(name.name, node.lineno) for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: import by full name, not relatively"
            module = node.module or ""
            found.append(Import(module, node.lineno))
            found += [Import(f"{module}.{name.name}", node.lineno) for name in node.names]
    return tuple(found)


def room(path: Path) -> str:
    """The part of the house a file stands in: `measures`, `job`, `pipelines`, …"""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return parts[1] if parts[0] == "monitoring" and len(parts) > 1 else parts[0]


def room_of(module: str) -> str | None:
    """The room an import leads to, or None when it leaves the house."""
    head, *rest = module.split(".")
    if head == "monitoring":
        return rest[0] if rest and rest[0] in RANKS else None
    return head if head in {*ROOT_SCRIPTS, "pipelines", "serving"} else None


def where(path: Path, found: Import) -> str:
    return f"{path.relative_to(ROOT)}:{found.line} imports {found.module}"


def test_imports_run_down_only():
    wrong = []
    for path in product():
        here = room(path)
        if here not in RANKS:
            continue
        for found in imports(path):
            there = room_of(found.module)
            if there is None or there == here:
                continue
            sideways = RANKS[there] == RANKS[here] and (here, there) not in SIDEWAYS
            if RANKS[there] > RANKS[here] or sideways:
                wrong.append(where(path, found))
    assert not wrong, wrong


SIDEWAYS = {
    ("names", "kinds"),
    ("parameters", "kinds"),
    ("parameters", "names"),
    ("baselines", "config"),
    ("baselines", "documents"),
    ("documents", "spools"),
    ("capture", "tables"),
    ("job", "report"),
    *(("job", lower) for lower in ("datasets", "instructions", "evaluation", "metrics")),
    *(("evaluation", lower) for lower in ("datasets", "instructions", "report")),
    *(("compute", lower) for lower in ("datasets", "instructions")),
    ("evaluation", "compute"),
    ("job", "compute"),
    ("job", "variables"),
    *(("job", lower) for lower in ("self_hosted", "scheduled")),
    *(("self_hosted", lower) for lower in ("scheduled", "variables")),
    *(("hosted", lower) for lower in ("scheduled", "variables")),
    ("instructions", "datasets"),
    ("instructions", "shap_baseline"),
    ("shap_baseline", "datasets"),
    *(("datasets", lower) for lower in ("scripts", "excluding", "json_tables")),
    ("job", "scripts"),
    ("job", "excluding"),
    ("job", "batch_transform"),
    ("scripts", "text_lines"),
    *(("batch_transform", lower) for lower in ("datasets", "text_lines")),
    ("job", "predictors"),
    ("__main__", "cli"),
    ("cli", "status"),
    ("cli", "cautions"),
    ("status", "cautions"),
    ("cli", "why"),
    ("cli", "commands"),
    ("commands", "options"),
    ("commands", "serving"),
    ("get_baselines_and_configs", "utils"),
    ("pipelines", "serving"),
}
"""The imports between rooms of one row that there are, each with one direction."""


def test_every_module_of_the_product_has_a_row():
    rooms = {room(path) for path in product()} - {"monitoring", "__init__"}
    assert rooms <= set(RANKS), rooms - set(RANKS)


def test_measures_and_aws_never_meet():
    wrong = [
        where(path, found)
        for path in product()
        for found in imports(path)
        if {room(path), room_of(found.module)} == {"measures", "aws"}
    ]
    assert not wrong, wrong


def test_only_aws_imports_boto3():
    allowed = {"aws", *ROOT_SCRIPTS, "pipelines"}
    wrong = [
        where(path, found)
        for path in product()
        for found in imports(path)
        if found.module.split(".")[0] in BOTO and room(path) not in allowed
    ]
    assert not wrong, wrong


def test_the_product_does_not_know_the_offline_aws():
    wrong = [
        where(path, found)
        for path in product()
        for found in imports(path)
        if found.module.split(".")[0] in {"moto", "moto_fixtures", "tests"}
    ]
    wrong += [
        f"{path.relative_to(ROOT)} names {word}"
        for path in product()
        for word in ("AWS_ENDPOINT_URL", "moto_fixtures")
        if word in path.read_text()
    ]
    assert not wrong, wrong


def test_only_the_root_script_imports_utils():
    wrong = [
        where(path, found)
        for path in tracked()
        for found in imports(path)
        if found.module.split(".")[0] == "utils"
        and path.name not in {"get_baselines_and_configs.py", "test_utils.py"}
    ]
    assert not wrong, wrong


def test_the_lowest_rows_need_nothing_installed():
    ours = {"monitoring", "__future__"}
    wrong = [
        where(path, found)
        for path in product()
        if room(path) in STDLIB_ONLY and path.parent.name == "monitoring"
        for found in imports(path)
        if found.module.split(".")[0] not in sys.stdlib_module_names | ours
    ]
    assert not wrong, wrong


def sizes() -> list[tuple[str, int]]:
    """Lines of every function, its docstring not counted."""
    found = []
    for path in tracked():
        if path.relative_to(ROOT).parts[0] == "tests":
            continue
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                doc = ast.get_docstring(node, clean=False)
                end = node.end_lineno or node.lineno
                length = end - node.lineno + 1 - (doc.count("\n") + 1 if doc else 0)
                found.append((f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", length))
    return found


def test_no_function_outgrows_a_page():
    assert not [row for row in sizes() if row[1] > LONGEST_FUNCTION]


def test_no_module_outgrows_its_reader():
    long = {
        str(path.relative_to(ROOT)): lines
        for path in tracked()
        if (lines := path.read_text().count("\n")) > LONGEST_MODULE
        and path.relative_to(ROOT).parts[0] != "tests"
    }
    assert not long


def test_every_module_says_what_it_is():
    silent = [
        str(path.relative_to(ROOT)) for path in tracked() if not ast.get_docstring(parsed(path))
    ]
    assert not silent


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param(r"mock\.patch|monkeypatch\.setattr\(\s*[\"']", id="patching by dotted path"),
        pytest.param(r"MagicMock\(\)|[^a-z]Mock\(\)", id="a mock without a spec"),
    ],
)
def test_tests_pass_things_in(pattern):
    this = Path(__file__)
    wrong = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked()
        if path.relative_to(ROOT).parts[0] == "tests" and path != this
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.search(pattern, line)
    ]
    assert not wrong, wrong


def test_no_test_directory_shadows_a_package():
    assert not [p for p in tracked("*__init__.py") if p.relative_to(ROOT).parts[0] == "tests"]


def test_no_registry_address_and_no_machine_path_is_committed():
    words = re.compile(r"--(extra-)?index-url|files\.pythonhosted\.org|/root/|/work/main|/opt/pypi")
    wrong = [
        str(path.relative_to(ROOT))
        for path in tracked("*")
        if path != Path(__file__) and path.suffix != ".png"
        if words.search(path.read_text(errors="replace"))
    ]
    assert not wrong, wrong
