"""A script in its own process: what it is given, and every way in which it can fail as a whole."""

from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path

import pytest

from monitoring.errors import MonitoringError, UsageError
from monitoring.scripts.postprocessing import postprocess
from monitoring.scripts.process import (
    AWS_SENTENCE,
    LEAST_MEMORY,
    PREPROCESS,
    Limits,
    Script,
)
from tests.patience import PATIENCE

EVENT = {
    "captureData": {
        "endpointInput": {
            "data": "31,2",
            "encoding": "CSV",
            "mode": "INPUT",
            "observedContentType": "text/csv",
        },
        "endpointOutput": {"data": "0.5\n", "encoding": "CSV", "mode": "OUTPUT"},
        "batchTransformOutput": {"data": "{}", "encoding": "JSON"},
    },
    "groundTruthData": {"data": "1", "encoding": "CSV"},
    "eventMetadata": {
        "eventId": "e-1",
        "inferenceId": "i-1",
        "inferenceTime": "2026-01-05T09:00:00Z",
        "customAttributes": ["team=risk"],
    },
    "eventVersion": "0",
}
SECRET = "4111-1111-1111-1111"
QUICK = Limits(seconds=20)


def script(directory: Path, body: str, limits: Limits = QUICK, **variables: str) -> Script:
    path = directory / "clean.py"
    path.write_text(body)
    return Script(path, limits, variables)


def answers(made: Script, *records: object) -> list[object]:
    with made.running(PREPROCESS) as running:
        return list(running.exchange([json.dumps(record).encode() for record in records]))


def failure(made: Script, *records: object) -> str:
    with pytest.raises(MonitoringError) as raised:
        answers(made, *records or (EVENT,))
    text = str(raised.value)
    assert "\n" not in text
    assert "clean.py" in text
    assert SECRET not in text
    return text


def test_a_handler_sees_the_record_as_aws_shows_it(tmp_path: Path):
    seen = """
def preprocess_handler(inference_record):
    r = inference_record
    return {
        "sent": r.endpoint_input.data,
        "type": r.endpoint_input.observedContentType,
        "mode": r.endpoint_input.mode,
        "answered": r.endpoint_output.data.rstrip(),
        "answered_as": r.endpoint_output.encoding,
        "no_type": r.endpoint_output.observedContentType,
        "batch": r.batch_transform_output.data,
        "label": r.ground_truth.data,
        "id": r.event_metadata.event_id,
        "at": r.event_metadata.event_time,
        "custom": r.event_metadata.custom_attribute[0],
        "version": r.event_version,
        "whole": r.as_dict() == r.event_dict,
    }
"""
    (answer,) = answers(script(tmp_path, seen), EVENT)
    assert answer == {
        "rows": [
            {
                "sent": "31,2",
                "type": "text/csv",
                "mode": "INPUT",
                "answered": "0.5",
                "answered_as": "CSV",
                "no_type": None,
                "batch": "{}",
                "label": "1",
                "id": "e-1",
                "at": "2026-01-05T09:00:00Z",
                "custom": "team=risk",
                "version": "0",
                "whole": True,
            }
        ]
    }


def test_a_side_that_was_not_captured_is_none(tmp_path: Path):
    body = "def preprocess_handler(r): return {'sent': r.endpoint_input, 'label': r.ground_truth}"
    bare = {"captureData": {}, "eventMetadata": {}}
    assert answers(script(tmp_path, body), bare) == [{"rows": [{"sent": None, "label": None}]}]


def test_a_line_of_a_table_arrives_as_it_is(tmp_path: Path):
    body = "def preprocess_handler(line): return {'cells': len(line.split(','))}"
    assert answers(script(tmp_path, body), "1,2,3") == [{"rows": [{"cells": "3"}]}]


@pytest.mark.parametrize(
    "signature",
    [
        "inference_record",
        "inference_record, logger",
        "r, logger=None",
        "*args",
        "r, *, strict=True",
    ],
)
def test_both_signatures_of_aws_are_called(tmp_path: Path, signature: str):
    body = f"def preprocess_handler({signature}): return {{'a': 1}}"
    assert answers(script(tmp_path, body), EVENT) == [{"rows": [{"a": "1"}]}]


def test_the_logger_logs(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    body = """
def preprocess_handler(inference_record, logger):
    logger.info("one more")
    print("printed too")
    return {"a": 1}
"""
    assert answers(script(tmp_path, body), EVENT) == [{"rows": [{"a": "1"}]}]
    out, err = capfd.readouterr()
    assert out == ""
    assert "one more" in err
    assert "printed too" in err


@pytest.mark.parametrize(
    ("returned", "rows"),
    [
        ("{'a': 1}", [{"a": "1"}]),
        ("[{'a': 1}, {'a': 2}]", [{"a": "1"}, {"a": "2"}]),
        ("[]", []),
        ("{'a': None}", [{"a": None}]),
        (
            "{'a': 31.0, 'b': 1e-05, 'c': 10**400}",
            [{"a": "31.0", "b": "1e-05", "c": "1" + "0" * 400}],
        ),
        ("{'a': float('nan')}", [{"a": "NaN"}]),
        ("{0: 'zero'}", [{"0": "zero"}]),
        ("{'a': __import__('numpy').float32(0.5)}", [{"a": "0.5"}]),
        ("{'a': __import__('datetime').date(2026, 1, 5)}", [{"a": "2026-01-05"}]),
    ],
)
def test_what_a_handler_may_return(tmp_path: Path, returned: str, rows: object):
    body = f"def preprocess_handler(r): return {returned}"
    assert answers(script(tmp_path, body), EVENT) == [{"rows": rows}]


@pytest.mark.parametrize("returned", ["None", "{}", "'text'", "[1]", "[{}]", "[[]]", "7"])
def test_what_is_no_row_is_a_fault_of_that_record(tmp_path: Path, returned: str):
    body = f"def preprocess_handler(r): return {returned}"
    (answer,) = answers(script(tmp_path, body), EVENT)
    assert answer == {"fault": "the handler returned neither a dict nor a list of them"}


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        (f"raise ValueError('{SECRET}')", "ValueError at line 4 of the script"),
        ("raise SystemExit(0)", "SystemExit at line 4 of the script"),
        ("return {'a': object()}", "TypeError"),
        (f"return {{'a': {{1}}}} if 0 else int('{SECRET}')", "ValueError at line 4 of the script"),
    ],
)
def test_a_record_on_which_it_raises_is_a_fault_without_its_text(
    tmp_path: Path, statement: str, fault: str
):
    body = f"""def preprocess_handler(r):
    if r != 'bad':
        return {{'a': 1}}
    {statement}
"""
    good = {"rows": [{"a": "1"}]}
    assert answers(script(tmp_path, body), "good", "bad", "good") == [good, {"fault": fault}, good]


WHOLE = {
    "a syntax error": ("def preprocess_handler(:", "cannot be loaded.*SyntaxError at line 1"),
    "an exception on loading": (f"\nraise KeyError('{SECRET}')", "KeyError at line 2"),
    "a missing library": ("import no_such_library", "no_such_library cannot be imported"),
    "an exit on loading": ("import sys; sys.exit(3)", "SystemExit"),
    "no handler": ("def handler(r): return {}", "has no function preprocess_handler"),
    "a handler that is none": ("preprocess_handler = 7", "has no function preprocess_handler"),
    "too many arguments": ("def preprocess_handler(a, b, c): ...", "takes other arguments"),
    "no arguments": ("def preprocess_handler(): ...", "takes other arguments"),
    "an exit": ("import os\ndef preprocess_handler(r): os._exit(7)", r"exit code 7"),
    "a signal": (
        "import os, signal\ndef preprocess_handler(r): os.kill(os.getpid(), signal.SIGSEGV)",
        "SIGSEGV",
    ),
}


@pytest.mark.parametrize(("body", "cause"), WHOLE.values(), ids=WHOLE)
def test_a_script_of_no_use_ends_the_run_in_one_line(tmp_path: Path, body: str, cause: str):
    text = failure(script(tmp_path, body))
    assert re.search(cause, text), text
    assert text.startswith(AWS_SENTENCE)
    assert "nothing was evaluated" in text


def test_a_script_that_is_not_there(tmp_path: Path):
    with pytest.raises(UsageError, match=r"nowhere\.py: there is no such script"):
        answers(Script(tmp_path / "nowhere.py"), EVENT)


@pytest.mark.parametrize(
    "body",
    [
        "def preprocess_handler(r):\n    while True: pass",
        "import time\ntime.sleep(600)\ndef preprocess_handler(r): ...",
    ],
    ids=["in a record", "on loading"],
)
def test_a_script_that_falls_silent_is_stopped(tmp_path: Path, body: str):
    began = time.monotonic()
    text = failure(script(tmp_path, body, Limits(seconds=1.5)))
    assert "gave no answer for 1.5 s and was stopped" in text
    assert time.monotonic() - began < PATIENCE


def test_a_script_that_needs_too_much_memory_is_stopped(tmp_path: Path):
    body = "def preprocess_handler(r): return {'a': len(bytearray(1 << 30))}"
    text = failure(script(tmp_path, body, Limits(20, 256 << 20)))
    assert "needs more than its 256 MiB of memory" in text


def test_an_answer_without_end_is_not_held(tmp_path: Path):
    body = "def preprocess_handler(r): return {'a': 'x' * (70 << 20)}"
    assert "more than 64 MiB" in failure(script(tmp_path, body))


def test_what_a_script_started_ends_with_it(tmp_path: Path):
    pid = tmp_path / "pid"
    body = f"""
import subprocess
child = subprocess.Popen(["sleep", "600"])
open({str(pid)!r}, "w").write(str(child.pid))
def preprocess_handler(r): return {{"a": 1}}
"""
    answers(script(tmp_path, body), EVENT)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and alive(int(pid.read_text())):
        time.sleep(0.05)
    assert not alive(int(pid.read_text()))


def alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def test_a_script_inherits_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    body = "import os\ndef preprocess_handler(r): return dict(os.environ)"
    (answer,) = answers(script(tmp_path, body, team="risk"), EVENT)
    assert isinstance(answer, dict)
    (seen,) = answer["rows"]
    assert seen["team"] == "risk"
    assert "PATH" in seen
    assert SECRET not in seen.values()


def test_a_script_imports_nothing_of_ours(tmp_path: Path):
    body = """
import sys
def preprocess_handler(r):
    return {"ours": any(name.split(".")[0] == "monitoring" for name in sys.modules)}
"""
    assert answers(script(tmp_path, body), EVENT) == [{"rows": [{"ours": False}]}]


def test_more_than_a_pipe_holds_goes_both_ways(tmp_path: Path):
    body = "def preprocess_handler(line): return {'same': line}"
    sent = [str(number) * 5000 for number in range(300)]
    assert answers(script(tmp_path, body), *sent) == [{"rows": [{"same": text}]} for text in sent]


def test_state_lasts_from_one_exchange_to_the_next(tmp_path: Path):
    body = """
seen = 0
def preprocess_handler(line):
    global seen
    seen += 1
    return {"seen": seen}
"""
    with script(tmp_path, body).running(PREPROCESS) as running:
        first = running.exchange([b'"a"', b'"b"'])
        second = running.exchange([b'"c"'])
    assert [a["rows"][0]["seen"] for a in (*first, *second)] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("seconds", "memory"), [(0.0, 2 << 30), (float("inf"), 2 << 30), (1.0, LEAST_MEMORY - 1)]
)
def test_limits_that_are_none_are_refused(seconds: float, memory: int):
    with pytest.raises(UsageError, match="limit is"):
        Limits(seconds, memory)


def test_a_postprocessor_is_called_once(tmp_path: Path):
    done = tmp_path / "done"
    postprocess(
        script(tmp_path, f"def postprocess_handler():\n    open({str(done)!r}, 'a').write('x')")
    )
    assert done.read_text() == "x"


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (f"def postprocess_handler(): raise OSError('{SECRET}')", "raised OSError at line 1"),
        ("def postprocess_handler(record): ...", "takes other arguments"),
        ("", "has no function postprocess_handler"),
        ("import os\ndef postprocess_handler(): os._exit(0)", "ended by itself"),
    ],
)
def test_a_postprocessor_that_fails_says_that_the_analysis_is_there(
    tmp_path: Path, body: str, cause: str
):
    with pytest.raises(MonitoringError) as raised:
        postprocess(script(tmp_path, body))
    assert cause in str(raised.value)
    assert "after the analysis was published whole" in str(raised.value)
    assert SECRET not in str(raised.value)


def test_no_process_is_left_behind(tmp_path: Path):
    body = "import os\ndef preprocess_handler(r): return {'pid': os.getpid()}"
    (answer,) = answers(script(tmp_path, body), EVENT)
    assert isinstance(answer, dict)
    with pytest.raises(ProcessLookupError):
        os.kill(int(answer["rows"][0]["pid"]), 0)
