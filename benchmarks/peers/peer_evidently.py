"""Evidently: its data summary and its data drift presets, against a reference of 50,000 rows."""

import os

os.environ["DO_NOT_TRACK"] = "1"

from evidently import Dataset, Report
from evidently.presets import DataDriftPreset, DataSummaryPreset
from measuring import measure, profiled

REFERENCE_ROWS = 50_000


def profile(frame):
    current = Dataset.from_pandas(frame)
    reference = Dataset.from_pandas(frame.head(REFERENCE_ROWS))
    Report([DataSummaryPreset(), DataDriftPreset()]).run(current, reference).dict()
    return len(frame), float(frame["probability"].mean())


if __name__ == "__main__":
    measure(profiled(profile))
