"""The monitors that are built, in one tuple everybody loops over."""

from __future__ import annotations

from monitoring.errors import MonitoringError
from monitoring.kinds import Kind
from monitoring.monitors.base import Monitor
from monitoring.monitors.bias import BIAS_MONITOR
from monitoring.monitors.data_quality import DATA_QUALITY_MONITOR
from monitoring.monitors.explainability import EXPLAINABILITY_MONITOR
from monitoring.monitors.model_quality import MODEL_QUALITY_MONITOR

MONITORS = (DATA_QUALITY_MONITOR, MODEL_QUALITY_MONITOR, BIAS_MONITOR, EXPLAINABILITY_MONITOR)


def monitor_for(kind: Kind) -> Monitor:
    """The monitor of a kind.

    Raises MonitoringError, naming the kind, when its analyzer does not exist here yet.

    >>> from monitoring.kinds import DATA_QUALITY
    >>> monitor_for(DATA_QUALITY).kind.slug
    'data-quality'
    """
    for monitor in MONITORS:
        if monitor.kind == kind:
            return monitor
    built = ", ".join(monitor.kind.slug for monitor in MONITORS)
    raise MonitoringError(
        f"{kind.slug}: this monitor's analyzer is not built yet, so nothing was evaluated. "
        f"Built: {built}. Set Enable{kind.name}Monitor to no, or run it on AWS's engine."
    )
