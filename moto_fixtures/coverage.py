"""docs/offline-aws.md, written from the code that it describes.

Needs     moto's and our actions, botocore's service models, the rows of the resource types,
          the tables of limits and differences, and comparisons.py
Writes    the page; `--check` writes nothing and exits 1 when the page is out of date

The prose below is all there is by hand: what can be looked up is looked up.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill

from cfnlint.helpers import FUNCTION_RULES, FUNCTIONS_ALL
from moto.core.utils import camelcase_to_underscores, get_service_model

from moto_fixtures import comparisons, differences, runtime
from moto_fixtures.cloudformation import (
    account_types,
    dynamic_references,
    intrinsics,
    parameters,
    rules,
    schema,
    template,
)
from moto_fixtures.cloudformation import limits as stack_limits
from moto_fixtures.cloudformation.resource_types import RESOURCE_TYPES
from moto_fixtures.cloudformation.responses import CloudFormationResponse
from moto_fixtures.codebuild import limits as build_limits
from moto_fixtures.codepipeline import declaration
from moto_fixtures.sagemaker import limits
from moto_fixtures.sagemaker.responses import Response

PAGE = Path(__file__).resolve().parents[1] / "docs" / "offline-aws.md"
COMMAND = ".venv/bin/python -m moto_fixtures coverage"
WIDTH = 100
REGION = "us-east-1"
_VERB_AND_NOUN = re.compile(r"(Batch[A-Z][a-z]+|[A-Z][a-z]+)(.*)")

INTRODUCTION = f"""\
# The offline AWS: what it does, and what it does not

<!-- Written from the code by `{COMMAND}`; a test compares. -->

An AWS on this machine: moto, with what monitoring needs added and its faults mended, never
forked. It behaves the same inside a test (`mock_aws`) and as a server (`make serve`); no file of
the product knows of it.

Every action is one of four:

- **simulated**: done by our code, requests held against AWS's own model of them;
- **moto's**: stock moto, unchanged, as good as moto is;
- **refused**: moto would pretend that something happened. The error says why not;
- **missing**: nobody wrote it. The error names the action.

The last two do nothing and answer HTTP 400: `NotSimulated` from SageMaker and its runtime,
`ValidationError` with the words "is not simulated by the offline AWS" from CloudFormation.
Nothing is answered with a plausible constant.
"""
TYPES = """\
One row per type in `moto_fixtures/cloudformation/resource_types/`. A resource is made through its
service's own API, so one made by a stack and one made by hand are the same. Any other type is
refused before anything is made; so is a property in the last column, when its resource is reached.
"""
TEMPLATES = """\
A template is read as AWS reads it: dates stay text, `yes` is a boolean, YAML aliases are refused.
Types, required, read-only and create-only properties come from the CloudFormation registry's
schemas.
"""
LIMITS = """\
A member of a request is used, refused by name, or stands here: checked and shown, without effect.
"""
DIFFERENCES = """\
Each row is shown by a test. UNCONFIRMED: AWS does not publish it.
"""
STOCK = """\
Answered by moto as it is. An action moto lacks is a client error `NotSimulated` that names it,
from the server as inside a test.
"""
DELIVERY = """\
What of their requests is refused by name, and what is checked and shown, without effect.
"""


@dataclass(frozen=True, slots=True)
class Actions:
    """The actions of one service, by what becomes of them."""

    simulated: tuple[str, ...]
    stock: tuple[str, ...]
    refused: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def known(self) -> int:
        return len(self.simulated) + len(self.stock) + len(self.refused) + len(self.missing)


def actions(service: str, handler: type, refused: Iterable[str] = ()) -> Actions:
    """Sort every action in botocore's model of a service by the class that answers it.

    >>> actions("cloudformation", CloudFormationResponse).stock
    ()
    """
    found: dict[str, list[str]] = {"simulated": [], "stock": [], "refused": [], "missing": []}
    for action in sorted(get_service_model(service).operation_names):
        found[_fate(action, handler, refused)].append(action)
    return Actions(**{fate: tuple(names) for fate, names in found.items()})


def _fate(action: str, handler: type, refused: Iterable[str]) -> str:
    if action in refused:
        return "refused"
    method = camelcase_to_underscores(action)
    owner = next((one for one in handler.__mro__ if method in vars(one)), None)
    if owner is None:
        return "missing"
    return "simulated" if owner.__module__.startswith("moto_fixtures.") else "stock"


def sagemaker() -> Actions:
    return actions("sagemaker", Response, limits.REFUSED_ACTIONS)


def sagemaker_runtime() -> Actions:
    return actions("sagemaker-runtime", runtime.RuntimeResponse, runtime.REFUSED)


def cloudformation() -> Actions:
    return actions("cloudformation", CloudFormationResponse)


def page() -> str:
    """The whole page."""
    sections = (
        INTRODUCTION,
        _sagemaker(),
        _cloudformation(),
        f"## Resource types of CloudFormation\n\n{TYPES}\n{_types()}",
        f"## What a template may use\n\n{TEMPLATES}\n{_templates()}",
        f"## Taken, without effect\n\n{LIMITS}\n{_without_effect()}",
        f"## Known differences from AWS\n\n{DIFFERENCES}\n{_differences()}",
        f"## Other services\n\n{STOCK}\n{table(('service', 'what to know'), differences.STOCK)}",
        comparisons.sections(table),
        f"## CodeBuild and CodePipeline\n\n{DELIVERY}\n{_delivery()}",
    )
    return "\n".join(sections)


def _delivery() -> str:
    """The members of both that are refused, and those taken without effect."""
    refused = {"CodeBuild": build_limits.REFUSED, "CodePipeline": declaration.REFUSED}
    ignored = {"CodeBuild": build_limits.WITHOUT_EFFECT}
    rows = [
        (service, fate, f"`{member}`", why)
        for fate, services in (("refused", refused), ("without effect", ignored))
        for service, members in services.items()
        for member, why in sorted(members.items())
    ]
    kinds = ", ".join(" ".join(kind) for kind in declaration.ACTION_TYPES)
    actions = fill(f"Types of action: {kinds}. Any other is refused.", WIDTH)
    return f"{table(('service', 'fate', 'member', 'why'), rows)}\n{actions}\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table.

    >>> print(table(("a", "b"), [("1", "2")]), end="")
    | a | b |
    |---|---|
    | 1 | 2 |
    """
    lines = [head, *rows]
    cells = [[cell.replace("|", "\\|") for cell in line] for line in lines]
    made = [f"| {' | '.join(line)} |" for line in cells]
    made.insert(1, f"|{'---|' * len(head)}")
    return "\n".join(made) + "\n"


def _sagemaker() -> str:
    found, called = sagemaker(), sagemaker_runtime()
    rows = table(
        ("resource", "simulated", "moto's", "refused"),
        _by_noun(found.simulated, found.stock, found.refused),
    )
    refused_members = table(
        ("action", "member refused", "why"),
        [
            *(
                (action, f"`{member}`", why)
                for action, members in limits.REFUSED_MEMBERS.items()
                for member, why in members.items()
            ),
            (
                "InvokeEndpoint",
                ", ".join(f"`{member}`" for member in runtime.refused_members()),
                "One model behind one variant answers, and keeps nothing of a session.",
            ),
        ],
    )
    return (
        f"## SageMaker\n\nOf {found.known} actions {len(found.simulated)} are simulated, "
        f"{len(found.stock)} moto's, {len(found.refused)} refused.\n"
        f"Of the runtime's {called.known}, "
        f"{_listed(called.simulated)} is simulated;\n{_listed(called.refused)} are refused.\n\n"
        f"{rows}\n"
        "The actions refused are those that moto would call completed though nothing ran. "
        f"Members refused:\n\n{refused_members}\n{_folded(found.missing)}"
    )


def _cloudformation() -> str:
    found = cloudformation()
    members = [(f"`{member}`", why) for member, why in stack_limits.REFUSED.items()]
    simulated = ", ".join(f"`{action}`" for action in found.simulated)
    return (
        f"## CloudFormation\n\nAn engine of our own in the place of moto's. Of {found.known} "
        f"actions {len(found.simulated)} are simulated:\n\n{fill(simulated, WIDTH)}.\n\n"
        f"{table(('member refused', 'why'), members)}\n{_folded(found.missing)}"
    )


def _by_noun(*columns: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """A row per resource, a column per fate, the verbs in the cells."""
    nouns = {_split(action)[1] for column in columns for action in column}
    verbs: dict[str, list[list[str]]] = defaultdict(lambda: [[] for _ in columns])
    for index, column in enumerate(columns):
        for action in column:
            verb, noun = _split(action)
            verbs[_singular(noun, nouns)][index].append(verb)
    for noun in sorted(verbs):
        yield (noun, *(", ".join(sorted(found)) for found in verbs[noun]))


def _split(action: str) -> tuple[str, str]:
    found = _VERB_AND_NOUN.fullmatch(action)
    assert found is not None, action
    return found[1], found[2] or found[1]


def _singular(noun: str, nouns: set[str]) -> str:
    """The noun that `ListThings` shares with `CreateThing`."""
    return noun[:-1] if noun.endswith("s") and noun[:-1] in nouns else noun


def _folded(missing: Sequence[str]) -> str:
    return (
        f"<details><summary>Missing: {len(missing)} actions</summary>\n\n"
        f"{fill(', '.join(missing), WIDTH)}\n\n</details>\n"
    )


def _types() -> str:
    rows = []
    for name in sorted(RESOURCE_TYPES):
        carried, refused = properties(name)
        rows.append((f"`{name}`", str(len(carried)), _listed(sorted(refused)) or "none"))
    return table(("type", "properties carried out", "properties refused"), rows)


def properties(type_name: str) -> tuple[set[str], set[str]]:
    """The properties of a type that a template may set: those carried out, those refused.

    >>> properties("AWS::KMS::Alias") == ({"AliasName", "TargetKeyId"}, set())
    True
    """
    found = schema.of(type_name, REGION)
    writable = set(found.properties) - {path[0] for path in found.read_only if len(path) == 1}
    carried = writable & RESOURCE_TYPES[type_name].simulated
    _, service, noun = type_name.split("::")
    if service == "SageMaker":
        for verb in ("Create", "Update"):
            carried -= set(limits.REFUSED_MEMBERS.get(f"{verb}{noun}", ()))
    return carried, writable - carried


def _templates() -> str:
    ours = set(intrinsics.FUNCTIONS)
    in_rules = ours | set(rules.ONLY_IN_RULES)
    known = {_plain(name) for name in FUNCTIONS_ALL}
    anywhere = known - set(FUNCTION_RULES) | ours
    parts = (
        ("sections", sorted(template.SECTIONS), ["Hooks", "Globals"]),
        ("functions", sorted(ours), sorted(anywhere - ours)),
        (
            "functions of Rules",
            sorted(in_rules & set(FUNCTION_RULES)),
            sorted(set(FUNCTION_RULES) - in_rules),
        ),
        ("transforms", [template.LANGUAGE_EXTENSIONS], ["every other, macros and SAM included"]),
        (
            "parameter types",
            ["String", "Number", *parameters.LISTS, parameters.SSM_NAME,
             "AWS::SSM::Parameter::Value<a type of this row>", *account_types.ACCOUNT_TYPES,
             "List<one of these>"],
            [],
        ),
        (
            "DeletionPolicy, UpdateReplacePolicy",
            sorted(template.DELETION_POLICIES - {"Snapshot"}),
            ["Snapshot: no type here has snapshots"],
        ),
        (
            "dynamic references",
            [f"{{{{resolve:{name}:…}}}} in properties" for name in dynamic_references.SERVICES],
            ["in Outputs, Conditions and Rules; ssm-secure, as AWS does for these types"],
        ),
        ("change sets", ["CREATE", "UPDATE"], ["IMPORT"]),
    )  # fmt: skip
    rows = [(part, _listed(used), _listed(refused)) for part, used, refused in parts]
    limits_of = ", ".join(f"{most} {name.lower()}" for name, most in template.MAXIMUM.items())
    return (
        table(("part", "may be used", "refused by name"), rows)
        + f"\nLimits: {template.MAXIMUM_BODY:,} bytes in the request, "
        f"{template.MAXIMUM_OBJECT:,} from S3; {limits_of}.\n"
    )


def _plain(function: str) -> str:
    """cfn-lint writes `Fn::ForEach` with the pattern of its name."""
    return function.partition("::[")[0]


def _without_effect() -> str:
    every = {
        **limits.WITHOUT_EFFECT,
        "any of CloudFormation's": stack_limits.WITHOUT_EFFECT,
        "a template's resource": template.WITHOUT_EFFECT,
    }
    return table(("action", "member", "what happens instead"), _flat(every))


def _flat(every: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, str, str]]:
    for action, members in every.items():
        for member, instead in members.items():
            yield action, f"`{member}`", instead


def _differences() -> str:
    return table(
        ("what", "AWS", "here", "shown by"),
        [(one.subject, one.aws, one.here, _test(one.shown_by)) for one in differences.DIFFERENCES],
    )


def _test(shown_by: str) -> str:
    path, _, name = shown_by.partition("::")
    return f"[{name.removeprefix('test_')}](../{path})"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" if " " not in name else name for name in names)


def main(arguments: list[str]) -> int:
    """`python -m moto_fixtures coverage`: write the page, or see whether it is current."""
    parser = argparse.ArgumentParser("python -m moto_fixtures coverage", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    parser.add_argument("--page", type=Path, default=PAGE, help="docs/offline-aws.md")
    asked = parser.parse_args(arguments)
    made = page()
    if not asked.check:
        asked.page.write_text(made, encoding="utf-8")
        return 0
    if asked.page.exists() and asked.page.read_text(encoding="utf-8") == made:
        return 0
    print(f"{asked.page.name} is not what the code says; run {COMMAND}", file=sys.stderr)
    return 1
