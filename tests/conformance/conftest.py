"""What is no test here, and reads the world that `make conformance` makes."""

import os

collect_ignore = [] if "CONFORMANCE_WORLD" in os.environ else ["subjects.py"]
