"""Captured traffic made up for the benchmarks: two tables, as an endpoint would have written them.

    card   30 numeric columns, floats as repr writes them      ~892 MB a million records
    loan   5 numeric and 6 string columns; in 5 % of rows a quoted comma   ~479 MB

Both are seeded: the same arguments write the same bytes. A million records are written
from blocks of 50,000 distinct rows with fresh ids and times, so that making them does not
take longer than measuring them.
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import numpy as np

Table = Literal["card", "loan"]
Encoding = Literal["CSV", "JSON", "BASE64"]

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
DISTINCT = 50_000
CITIES = ("Bern", "Roma", "Lagos", "Quito", "Perth", "Oslo", "Lima", "Kyoto")
PURPOSES = ("house", "car", "debt, consolidated", "school", "wedding", "move")


def column_names(table: Table, columns: int = 30) -> list[str]:
    """The columns of a record, the answer first.

    >>> column_names("loan")[:3]
    ['probability', 'income', 'ratio']
    """
    if table == "card":
        return ["probability", *(f"v{position}" for position in range(1, columns))]
    numeric = ["income", "ratio", "score", "amount"]
    return ["probability", *numeric, "city", "purpose", "grade", "employer", "education", "comment"]


def rows_of(table: Table, rows: int, columns: int = 30, seed: int = 1) -> Iterator[list[str]]:
    """Rows of cells as text."""
    generator = np.random.default_rng(seed)
    if table == "card":
        for row in generator.normal(size=(rows, columns)).tolist():
            yield list(map(repr, row))
        return
    income = generator.lognormal(10.5, 0.5, rows).round(2).tolist()
    ratio = generator.beta(2, 5, rows).tolist()
    score = generator.integers(300, 851, rows).tolist()
    amount = generator.integers(1, 500, rows).tolist()
    answer = generator.random(rows).tolist()
    cities, employers = generator.integers(0, 8, rows), generator.integers(0, 20_000, rows)
    purposes = generator.choice(6, rows, p=[0.3, 0.25, 0.05, 0.15, 0.15, 0.1])
    grades, schools = generator.integers(0, 35, rows), generator.integers(0, 5, rows)
    for i in range(rows):
        yield [
            repr(answer[i]),
            repr(income[i]),
            repr(ratio[i]),
            str(score[i]),
            str(amount[i] * 100),
            CITIES[cities[i]],
            PURPOSES[purposes[i]],
            f"{'ABCDEFG'[grades[i] // 5]}{grades[i] % 5 + 1}",
            f"employer {employers[i]}",
            ("none", "school", "college", "master", "doctor")[schools[i]],
            f"note {i % 997}",
        ]


def write_capture(
    directory: Path,
    table: Table,
    records: int,
    *,
    columns: int = 30,
    files: int = 24,
    encoding: Encoding = "CSV",
    seed: int = 1,
) -> int:
    """Write captured records under `directory`, one file an hour; returns their bytes."""
    block = min(records, DISTINCT)
    captured = list(map(_captured(table, columns, encoding), rows_of(table, block, columns, seed)))
    ids = np.random.default_rng(seed + 1)
    size = 0
    for number in range(files):
        hour = START + timedelta(hours=number)
        first, last = (records * step // files for step in (number, number + 1))
        path = directory / f"{hour:%Y/%m/%d/%H}" / f"{number:05d}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8") as stream:
            for record in range(first, last):
                time = hour + timedelta(seconds=(record - first) * 3600 // max(last - first, 1))
                event = uuid.UUID(bytes=ids.bytes(16), version=4)
                size += stream.write(
                    f'{{"captureData":{captured[record % block]},"eventMetadata":{{"eventId":'
                    f'"{event}","inferenceTime":"{time:%Y-%m-%dT%H:%M:%SZ}"}},'
                    '"eventVersion":"0"}\n'
                )
    return size


def _captured(table: Table, columns: int, encoding: Encoding) -> Callable[[list[str]], str]:
    names = column_names(table, columns)

    def capture(row: list[str]) -> str:
        answer, sent = row[0], row[1:]
        return json.dumps(
            {
                "endpointInput": _side(sent, names[1:], encoding, "INPUT"),
                "endpointOutput": _side([answer], names[:1], encoding, "OUTPUT"),
            },
            separators=(",", ":"),
        )

    return capture


def _side(cells: list[str], names: list[str], encoding: Encoding, mode: str) -> dict[str, Any]:
    if encoding == "JSON":
        body, media = json.dumps(dict(zip(names, map(_value, cells), strict=True))), "json"
    else:
        body, media = ",".join(f'"{c}"' if "," in c else c for c in cells), "csv"
    if encoding == "BASE64":
        body = base64.b64encode(body.encode()).decode()
    kind = "application" if media == "json" else "text"
    return {
        "observedContentType": f"{kind}/{media}",
        "mode": mode,
        "data": body,
        "encoding": encoding,
    }


def _value(cell: str) -> float | int | str:
    try:
        return int(cell) if cell.lstrip("-").isdecimal() else float(cell)
    except ValueError:
        return cell
