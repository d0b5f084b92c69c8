"""whylogs: a profile of every column (counts, types, moments, KLL, HLL, frequent items)."""

import os

os.environ["WHYLOGS_NO_ANALYTICS"] = "True"

import whylogs as why
from measuring import measure, profiled


def profile(frame):
    summary = why.log(pandas=frame).view().to_pandas()
    row = summary.loc["probability"]
    return int(row["counts/n"]), float(row["distribution/mean"])


if __name__ == "__main__":
    measure(profiled(profile))
