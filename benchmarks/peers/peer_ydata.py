"""ydata-profiling, its minimal report's description (no plots, no correlations)."""

import os

os.environ["YDATA_PROFILING_NO_ANALYTICS"] = "True"

from measuring import measure, profiled
from ydata_profiling import ProfileReport


def profile(frame):
    said = ProfileReport(frame, minimal=True, progress_bar=False).get_description()
    return said.table["n"], float(said.variables["probability"]["mean"])


if __name__ == "__main__":
    measure(profiled(profile))
