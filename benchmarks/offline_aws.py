"""The offline AWS under load: many clients at once, nothing failed and nothing lost.

    .venv/bin/python benchmarks/offline_aws.py [--seconds 60] [--clients 8]

Each client puts an object of its own, reads it back, lists and describes; at the end every object
put must be there. Prints one line per figure. Exits 1 on a 5xx, a lost object or a wrong body.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from moto_fixtures.server_process import running

BUCKET = "load"
SIZE = 1024


def client(url: str, service: str) -> Any:
    """A client that shows every error: nothing is tried again."""
    return boto3.session.Session("offline", "offline", region_name="us-east-1").client(
        service, endpoint_url=url, config=Config(retries={"total_max_attempts": 1})
    )


def work(url: str, number: int, until: float, answered: Counter[str], put: set[str]) -> None:
    """One client: puts, gets and describes until its time is over."""
    s3, sagemaker = client(url, "s3"), client(url, "sagemaker")
    count = 0
    while time.monotonic() < until:
        key, body = f"{number}/{count}", os.urandom(SIZE)
        count += 1
        try:
            s3.put_object(Bucket=BUCKET, Key=key, Body=body)
            put.add(key)
            if s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() != body:
                answered["wrong"] += 1
            sagemaker.list_monitoring_schedules()
            answered["ok"] += 3
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            answered["5xx" if status >= 500 else "4xx"] += 1


def load(url: str, clients: int, seconds: float) -> tuple[Counter[str], set[str]]:
    """All clients at once; what they were answered, and the keys they put."""
    until = time.monotonic() + seconds
    tallies: list[tuple[Counter[str], set[str]]] = [(Counter(), set()) for _ in range(clients)]
    threads = [
        threading.Thread(target=work, args=(url, number, until, *tally))
        for number, tally in enumerate(tallies)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answered: Counter[str] = Counter()
    put: set[str] = set()
    for tally, keys in tallies:
        answered += tally
        put |= keys
    return answered, put


def main() -> int:
    """Print the figures; 1 when something was lost or failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--seconds", type=float, default=60.0, help="%(default)s")
    parser.add_argument("--clients", type=int, default=8, help="%(default)s")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory, running(Path(directory, "log")) as server:
        s3 = client(server.url, "s3")
        s3.create_bucket(Bucket=BUCKET)
        answered, put = load(server.url, asked.clients, asked.seconds)
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
        there = {one["Key"] for page in pages for one in page.get("Contents", [])}
    lost = len(put - there)
    print(f"clients {asked.clients}, seconds {asked.seconds:.0f}")
    print(f"answered {answered['ok']}, {answered['ok'] / asked.seconds:.0f} a second")
    print(f"5xx {answered['5xx']}, 4xx {answered['4xx']}, wrong bodies {answered['wrong']}")
    print(f"objects put {len(put)}, lost {lost}")
    return int(bool(answered["5xx"] or answered["4xx"] or answered["wrong"] or lost))


if __name__ == "__main__":
    sys.exit(main())
