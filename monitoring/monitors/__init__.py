"""The four monitors, in one tuple everybody loops over."""

from __future__ import annotations

from monitoring.kinds import Kind
from monitoring.monitors.base import Monitor
from monitoring.monitors.bias import BIAS_MONITOR
from monitoring.monitors.data_quality import DATA_QUALITY_MONITOR
from monitoring.monitors.explainability import EXPLAINABILITY_MONITOR
from monitoring.monitors.model_quality import MODEL_QUALITY_MONITOR

MONITORS = (DATA_QUALITY_MONITOR, MODEL_QUALITY_MONITOR, BIAS_MONITOR, EXPLAINABILITY_MONITOR)
_BY_KIND = {monitor.kind: monitor for monitor in MONITORS}


def monitor_for(kind: Kind) -> Monitor:
    """The monitor of a kind; there is one for each.

    >>> from monitoring.kinds import DATA_QUALITY
    >>> monitor_for(DATA_QUALITY).kind.slug
    'data-quality'
    """
    return _BY_KIND[kind]
