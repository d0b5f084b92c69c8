"""`post_analytics_processor_script`: one call, once the analysis is published.

Needs     the script, and the documents already in their place
Gives     nothing; whatever the script does, it does outside

A script that fails fails the run: somebody waits for what it should have done. The documents
stay as they are, whole.
"""

from __future__ import annotations

from monitoring.scripts.process import POSTPROCESS, Script


def postprocess(script: Script) -> None:
    """Call `postprocess_handler()`; raises UsageError or MonitoringError."""
    with script.running(POSTPROCESS) as running:
        running.expect("done")
