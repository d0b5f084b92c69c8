"""Captured traffic → columns of text: one hour of an endpoint, streamed.

Needs     capture files (JSON Lines, perhaps gzipped) and the window they are read for
Writes    nothing but merged records; readers give batches, counts, and where it went wrong

    lines.py      a file   → numbered lines        what a file may do wrong
    slices.py     files    → slices of whole lines  whose lines they are
    records.py    a line   → one captured event    what an event is, and which window it is in
    seen.py       which events were met before
    events.py     files    → events of the window  each once
    payloads.py   a payload → its rows             CSV, JSON, JSON Lines, BASE64
    headers.py    rows that are names, not values
    layout.py     rows     → columns               outputs first, then inputs
    tally.py      what was counted, and when it is too much
    batches.py    rows     → batches               of bounded size
    reading.py    events   → columns               for data quality
    bulk.py       the same for a slice at once; odd lines apart, each by itself
        envelopes.py  a slice → events as arrays    forms.py  lines alike, unparsed
        cells.py      payloads → columns
        ahead.py      the next slices, on other threads
    label_lines.py lines of ground truth → ids and labels
    ground_truth.py label files → labels, found by id
    joining.py    events + labels → labelled events; coverage.py counts them
    merging.py    labelled events → merged records
    selecting.py  a payload → one attribute        by index, name or JMESPath
    observing.py  files    → features, label, answers
    observed_slices.py   … of whole slices
    observed_records.py  … of one record after the other

The hour in a file's path is when the file was written, not when its records happened:
only `inferenceTime` says which window a record belongs to.
"""

from monitoring.capture.coverage import Coverage, read_coverage
from monitoring.capture.merging import merge
from monitoring.capture.observed_records import Attributes
from monitoring.capture.observing import read_labelled, read_observed
from monitoring.capture.reading import Reading, read_capture
from monitoring.capture.records import INPUT, OUTPUT, Window
from monitoring.capture.seen import Seen
from monitoring.capture.tally import FAULTY_SHARE, Counts, Problem

__all__ = [
    "FAULTY_SHARE",
    "INPUT",
    "OUTPUT",
    "Attributes",
    "Counts",
    "Coverage",
    "Problem",
    "Reading",
    "Seen",
    "Window",
    "merge",
    "read_capture",
    "read_coverage",
    "read_labelled",
    "read_observed",
]
