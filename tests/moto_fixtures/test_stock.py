"""Installing the extension breaks nothing of moto: the same calls are answered alike.

The calls are every action that botocore knows of six services, each time and again over the
life of what it is about (stock_requests.py). What differs is a row of moto_fixtures/mends.py.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from moto_fixtures import mends
from moto_fixtures.plugin import CREDENTIALS

PLAYER = Path(__file__).with_name("stock_moto.py")
SERVICES = {"cloudwatch", "events", "s3", "sagemaker", "sns", "sqs"}
NOBODY_WROTE = "missing"
NEVER_SUCCEED = {
    "events:CancelReplay",  # it has ended
    "events:DescribeEventSource",
    "events:PutPartnerEvents",
    "s3:AbortMultipartUpload",  # it was completed
    "s3:CreateBucketMetadataConfiguration",
    "s3:CreateBucketMetadataTableConfiguration",
    "s3:DeleteBucketAnalyticsConfiguration",  # moto takes these for DeleteBucket
    "s3:DeleteBucketIntelligentTieringConfiguration",
    "s3:DeleteBucketInventoryConfiguration",
    "s3:DeleteBucketMetadataConfiguration",
    "s3:DeleteBucketMetadataTableConfiguration",
    "s3:DeleteBucketMetricsConfiguration",
    "s3:ListParts",
    "s3:PutBucketLifecycle",
    "s3:PutObjectLockConfiguration",
    "s3:RestoreObject",  # it is not archived
    "s3:WriteGetObjectResponse",
    "sqs:RemovePermission",
}
"""Actions of which moto as it is refuses every call made here: only refusals are compared."""

Calls = dict[str, Any]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Calls, Calls]:
    """What moto as it is answers, and what ours does."""
    directory = tmp_path_factory.mktemp("stock")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    players = {
        which: subprocess.Popen(
            [sys.executable, str(PLAYER), which, str(directory / which)],
            env=clean | CREDENTIALS,
            stderr=subprocess.PIPE,
            text=True,
        )
        for which in ("stock", "ours")
    }
    for which, player in players.items():
        said = player.communicate()[1]
        assert player.returncode == 0, f"{which}: {said[-2000:]}"
    stock, ours = (json.loads((directory / which).read_text()) for which in players)
    assert list(stock) == list(ours)
    return stock, ours


def action(call: str) -> str:
    """`read / s3:ListBuckets / 1` is a call of `s3:ListBuckets`."""
    return call.split(" / ")[1]


def differences(stock: Calls, ours: Calls) -> Iterator[tuple[str, str, str]]:
    """Call, action and what differs, over the calls that moto as it is knows."""
    for call, theirs in stock.items():
        if theirs == NOBODY_WROTE:
            continue
        for what in differing(theirs, ours[call]):
            yield call, action(call), what


def differing(theirs: Any, here: Any) -> set[str]:
    """The members in which two answers to the same call differ."""
    if theirs == here:
        return set()
    if here == NOBODY_WROTE or "error" in theirs or "error" in here:
        same = here != NOBODY_WROTE and all(
            theirs.get(one) == here.get(one) for one in ("error", "status")
        )
        return {mends.MESSAGE if same else mends.ERROR}
    return {one for one in {*theirs, *here} if theirs.get(one) != here.get(one)}


def test_what_is_answered_otherwise_is_a_listed_mend(played: tuple[Calls, Calls]) -> None:
    stock, ours = played
    listed = mends.listed()
    unlisted = {
        f"{call}: {what}": (stock[call], ours[call])
        for call, name, what in differences(stock, ours)
        if (name, what) not in listed
    }
    assert not unlisted


def test_every_action_of_a_mend_is_answered_otherwise(played: tuple[Calls, Calls]) -> None:
    found = {(name, what) for _, name, what in differences(*played)}
    stale = {
        f"{mend.subject}: {name}"
        for mend in mends.MENDS
        for name, members in mend.calls.items()
        if not any((name, what) in found for what in members)
    }
    assert not stale


def test_the_calls_are_of_every_service_and_most_succeed(played: tuple[Calls, Calls]) -> None:
    known = {action(call) for call, said in played[0].items() if said != NOBODY_WROTE}
    done = {
        action(call)
        for call, said in played[0].items()
        if said != NOBODY_WROTE and "error" not in said
    }
    assert {name.partition(":")[0] for name in done} == SERVICES
    assert known - done == NEVER_SUCCEED


def test_nothing_here_is_python_s_own_error_that_moto_does_not_make(
    played: tuple[Calls, Calls],
) -> None:
    stock, ours = played
    broken = [
        call
        for call, said in ours.items()
        if said != NOBODY_WROTE and said["status"] == 500 and stock[call] != said
    ]
    assert not broken
