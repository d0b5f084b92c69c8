"""The same calls, played to moto as it is and to ours: what each answers.

    python tests/moto_fixtures/stock_moto.py stock|ours FILE

Writes  per call (phase, action) the answer, with what changes from run to run taken out, as JSON

A process of its own for each, because what `install()` has put into moto stays there.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.eventstream import EventStream
from botocore.exceptions import ClientError
from moto import mock_aws

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT)]

import stock_requests  # noqa: E402 (beside this file)
from stock_requests import Action  # noqa: E402

REGION = "us-east-1"
MISSING = "missing"
"""The answer of an action that nobody wrote."""
RANDOM = re.compile(
    r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
    r"|\b[0-9a-fA-F]{32,64}\b|\b[A-Za-z0-9+/]{50,}={0,2}"
    r"|(?<=/execution/)[a-z0-9]{12}|(?<=/auth-)[A-Za-z0-9]{6}|\bi-[0-9a-f]{17}"
)
TIME = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?"
    r"|(?<!\d)1[78]\d{8}(\d{3})?(\.\d+)?(?!\d)"
)

Calls = dict[str, Any]


def play(settle: Callable[[], object] = lambda: None) -> Calls:
    """All calls, to the AWS that this process has; the answers by phase and action.

    `settle` lets what was begun in a phase end before the next.
    """
    session = boto3.Session("stock", "stock", region_name=REGION)
    settings = Config(parameter_validation=False, retries={"total_max_attempts": 1})
    clients = {one: session.client(one, config=settings) for one in stock_requests.SERVICES}
    _prepare(session)
    answers: dict[str, Any] = {}
    played: Calls = {}
    for phase, actions in stock_requests.phases():
        for action in actions:
            for number, given in enumerate(stock_requests.requests(action, answers), 1):
                said = _answer(clients[action.service], action, given, answers)
                played[f"{phase} / {action} / {number}"] = said
        settle()
    return played


def _prepare(session: boto3.Session) -> None:
    """What the services lean on: a role, and a bucket with a model in it."""
    session.client("iam").create_role(RoleName="stock", AssumeRolePolicyDocument="{}")
    s3 = session.client("s3")
    s3.create_bucket(Bucket="stock-models")
    s3.put_object(Bucket="stock-models", Key="model.tar.gz", Body=b"model")


def _answer(client: Any, action: Action, given: Calls, answers: Calls) -> Any:
    try:
        said = client._make_api_call(action.name, given)
    except NotImplementedError:
        return MISSING
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return {"error": error.response["Error"].get("Code"), "status": status,
                "says": _steady(error.response["Error"].get("Message"))}  # fmt: skip
    except Exception as error:  # moto's own fault: a client of its server sees status 500
        return {"error": type(error).__name__, "status": 500, "says": _steady(str(error))}
    status = said.pop("ResponseMetadata")["HTTPStatusCode"]
    answers[str(action)] = said
    return {"status": status, **_steady(said)}


def _steady(value: Any) -> Any:
    """An answer without times and without names that are drawn by lot."""
    if isinstance(value, dict):
        return {name: _steady(one) for name, one in sorted(value.items())}
    if isinstance(value, list):
        return [_steady(one) for one in value]
    if isinstance(value, datetime):
        return "TIME"
    if isinstance(value, EventStream):
        return [_steady(one) for one in value]
    if hasattr(value, "read"):
        value = value.read()
    if isinstance(value, bytes):
        value = value.decode(errors="replace")
    return TIME.sub("TIME", RANDOM.sub("RANDOM", value)) if isinstance(value, str) else value


def main(which: str, file: str) -> None:
    """Play the calls to `stock` or `ours`, and write what was answered."""
    settle: Callable[[], object] = lambda: None  # noqa: E731
    if which == "ours":
        import moto_fixtures
        from moto_fixtures.jobs import background, images

        moto_fixtures.install()
        images.register(stock_requests.IMAGE, [sys.executable, "-c", "print('auc=0.5')"])
        settle = background.wait_for_all
    with mock_aws():
        answered = play(settle)
    Path(file).write_text(json.dumps(answered, default=str), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
