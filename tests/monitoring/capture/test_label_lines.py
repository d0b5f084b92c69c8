"""Many label lines at once against one after the other: they must read the same."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.capture.label_lines import FEWEST_ALIKE, Labels, parse_labels
from monitoring.capture.lines import Flaw, Run
from monitoring.capture.records import parse_label

unhurried = settings(deadline=None, max_examples=60)


def line(identity: object, data: object = "1", **other: object) -> str:
    return json.dumps(
        {
            "groundTruthData": {"data": data, "encoding": "CSV"},
            "eventMetadata": {"eventId": identity},
            "eventVersion": "0",
            **other,
        }
    )


def run_of(lines: list[str], end: str = "\n") -> Run:
    text = "".join(text + end for text in lines)
    return Run(1, bytearray(text.encode("utf-8", "surrogatepass")))


def one_by_one(run: Run) -> tuple[list[tuple[str, str, str]], list[tuple[int, str, str]]]:
    labels, flaws = [], []
    for numbered in run.lines():
        if not numbered.data:
            continue
        try:
            found = parse_label(numbered.data)
            labels.append((found.join_id, found.label.data, found.label.encoding))
        except Flaw as flaw:
            flaws.append((numbered.number, flaw.count, flaw.cause))
    return labels, flaws


def as_text(found: Labels) -> tuple[list[tuple[str, str, str]], list[tuple[int, str, str]]]:
    ids, data = (
        [cell.decode("utf-8", "surrogatepass") for cell in column.to_pylist()]
        for column in (found.ids, found.data)
    )
    encodings = [found.encodings[code] for code in found.encoding]
    flaws = [(number, flaw.count, flaw.cause) for number, flaw in found.flaws]
    return list(zip(ids, data, encodings, strict=True)), flaws


short = st.text(alphabet='ab0"\\\u00fc \t\x7f/', max_size=3)
lines = st.one_of(
    st.builds(line, short, short),
    st.builds(line, st.sampled_from(["aa", "bb", "cc"]), st.sampled_from(["0", "1"])),
    st.builds(line, short, st.sampled_from([1, 0.5, True, None, ["1"], {"data": "1"}])),
    st.builds(line, short, eventVersion=st.sampled_from(["0", "0.1", "1", 0, None])),
    st.builds(line, short, data=st.just('"eventId": "aa"')),
    st.sampled_from(["", " ", "broken", "{}", "[1]", '"data"', line("\ud800"), line("a") * 2]),
)


@unhurried
@given(st.lists(lines, max_size=12), st.sampled_from([1, FEWEST_ALIKE, 30]))
def test_any_mixture_of_lines_reads_as_one_by_one(some: list[str], times: int):
    run = run_of(some * times)
    assert as_text(parse_labels(run)) == one_by_one(run)


@unhurried
@given(st.lists(st.tuples(short, short), min_size=1, max_size=5), st.sampled_from(["\n", " \r\n"]))
def test_lines_of_one_length_that_differ_anywhere_read_as_one_by_one(
    pairs: list[tuple[str, str]], end: str
):
    texts = [line(f"id-{identity}", data) for identity, data in pairs for _ in range(10)]
    longest = max(map(len, texts))
    run = run_of([text + " " * (longest - len(text)) for text in texts], end)
    assert as_text(parse_labels(run)) == one_by_one(run)


DECOYS: dict[str, Callable[[int], str]] = {
    "another data": lambda at: line(f"id-{at}", note={"data": f"{at % 2}"}),
    "a key that is spelt otherwise": lambda at: line(f"id-{at}").replace("eventId", "eventID"),
    "an escaped key": lambda at: line(f"id-{at}").replace('"data"', '"d\\u0061ta"'),
    "the same key twice": lambda at: line(f"id-{at}")[:-1] + f', "eventVersion": "{at % 2}"}}',
    "an inference id": lambda at: json.dumps(
        {"groundTruthData": {"data": "1"}, "eventMetadata": {"inferenceId": f"id-{at}"}}
    ),
    "both ids": lambda at: json.dumps(
        {
            "groundTruthData": {"data": "1"},
            "eventMetadata": {"inferenceId": f"i{at % 3}", "eventId": f"e{at % 10}"},
        }
    ),
    "data of another object": lambda at: json.dumps(
        {
            "groundTruthData": 1,
            "eventMetadata": {"eventId": f"id-{at % 10}", "data": f"{at % 2}"},
        }
    ),
}


@pytest.mark.parametrize("made", DECOYS.values(), ids=DECOYS)
def test_a_line_is_not_taken_for_what_it_only_resembles(made: Callable[[int], str]):
    run = run_of([made(at) for at in range(40)])
    assert as_text(parse_labels(run)) == one_by_one(run)


def test_the_first_line_may_begin_with_a_byte_order_mark():
    run = run_of(["\ufeff" + line("aa"), *(line("bb") for _ in range(20))])
    found, flaws = as_text(parse_labels(run))
    assert [identity for identity, *_ in found] == ["aa"] + ["bb"] * 20
    assert flaws == []


def test_what_could_not_be_read_is_one_flaw():
    found = parse_labels(Run(7, bytearray(), Flaw("oversize", "the line is longer than 64 MiB")))
    assert as_text(found) == ([], [(7, "oversize", "the line is longer than 64 MiB")])
