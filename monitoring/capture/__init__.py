"""Captured traffic → columns of text: one hour of an endpoint, streamed.

Needs     capture files (JSON Lines, perhaps gzipped) and the window they are read for
Writes    nothing; `read_capture` gives batches, what was counted, and where it went wrong

    lines.py      files    → numbered lines        what a file may do wrong
    records.py    a line   → one captured event    what an event is, and which window it is in
    payloads.py   a payload → its rows             CSV, JSON, JSON Lines, BASE64
    headers.py    rows that are names, not values
    layout.py     rows     → columns               outputs first, then inputs
    tally.py      what was counted, and when it is too much
    reading.py    all of it, streamed

The hour in a file's path is when the file was written, not when its records happened:
only `inferenceTime` says which window a record belongs to.
"""

from monitoring.capture.reading import Reading, read_capture
from monitoring.capture.records import INPUT, OUTPUT, Window
from monitoring.capture.tally import FAULTY_SHARE, Counts, Problem

__all__ = [
    "FAULTY_SHARE",
    "INPUT",
    "OUTPUT",
    "Counts",
    "Problem",
    "Reading",
    "Window",
    "read_capture",
]
