"""The offline AWS beside others, as sections of docs/offline-aws.md.

Needs     mends.py (moto as it is), ministack.py (another emulator), benchmarks/offline_aws.md
Gives     Markdown; what is written by hand here is what a reader needs before each table

The figures are a committed file, written by `benchmarks/offline_aws.py --to`: a page that is
generated must not depend on the machine that generates it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from moto_fixtures import mends, ministack

FIGURES = Path(__file__).resolve().parents[1] / "benchmarks" / "offline_aws.md"
STOCK = """\
`tests/moto_fixtures/test_stock.py` plays the same calls to moto as it is and to ours: every action
that botocore knows of SageMaker, S3, CloudWatch, SNS, SQS and Events, before a resource exists,
while it does and after it is gone. What moto knows is answered alike, but for these rows.
"""
MINISTACK = """\
`make conformance SUITES=ministack` deploys the same templates through MiniStack 1.5.33: cases of
`tests/conformance/templates.yaml`, and the life of every resource type that it has (created, every
attribute, every property changed, deleted). It ends alike but for these rows; it has neither
SageMaker nor the other types that `moto_fixtures/ministack.py` names.
"""

Table = Callable[[Sequence[str], Iterable[Sequence[str]]], str]


def sections(table: Table) -> str:
    """What stands at the page's end."""
    return "\n".join(
        (
            f"## Beside moto as it is\n\n{STOCK}\n{_mends(table)}",
            f"## Beside MiniStack\n\n{MINISTACK}\n{_outcomes(table)}",
            f"## Load and speed\n\n{FIGURES.read_text(encoding='utf-8')}",
        )
    )


def _mends(table: Table) -> str:
    rows = [
        (one.subject, one.stock, one.here, ", ".join(f"`{call}`" for call in sorted(one.calls)))
        for one in mends.MENDS
    ]
    return table(("what", "moto as it is", "here", "calls"), rows)


def _outcomes(table: Table) -> str:
    rows = [(_what(one), one.there, one.here, one.aws) for one in ministack.ROWS]
    return table(("template, or type and property", "MiniStack", "here", "AWS"), rows)


def _what(row: ministack.Row) -> str:
    return row.of if row.of == row.what else f"`{row.of}` {row.what}"
