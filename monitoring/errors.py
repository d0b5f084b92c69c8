"""The errors we raise on purpose, and the exit code each one ends a command with.

    MonitoringError               1  error, or could not evaluate
    ├── UsageError                2  the command line or a configuration file is wrong
    │   └── ConfigError              a stage file; lists every problem at once
    ├── RegistryError                no approved package, or a baseline is missing
    ├── StorageError                 an S3 object cannot be read or written
    ├── AwsError                     any other call AWS refused
    ├── DocumentError                a baseline or constraints file is not what it should be
    │   └── ConstraintsError      2  a threshold or method in it that somebody set wrong
    ├── GateError                    a candidate does not keep its model's limits
    ├── CaptureError                 captured traffic cannot be read as a whole
    └── NoDataError                  the window held no records (unknown is never healthy)

Each message is one line: where, what is wrong, why it matters, what to do next. A
command prints it and exits; anything that is not a MonitoringError is a defect and keeps
its traceback. Exit code 3 (violations found) is a result, not an error.
"""

from __future__ import annotations

OK = 0
FAILED = 1
WRONG_USAGE = 2
VIOLATIONS_FOUND = 3


class MonitoringError(Exception):
    """A failure with a cause the reader can act on."""

    exit_code = FAILED


class UsageError(MonitoringError):
    """The command line, or a file it names, is wrong before any work began."""

    exit_code = WRONG_USAGE


class ConfigError(UsageError):
    """A configuration file is wrong; the message lists all its problems."""


class RegistryError(MonitoringError):
    """The Model Registry does not hold what a deployment needs."""


class StorageError(MonitoringError):
    """An S3 object cannot be read or written."""


class AwsError(MonitoringError):
    """AWS refused a call, or could not be reached."""


class DocumentError(MonitoringError):
    """A baseline document cannot be used."""


class ConstraintsError(DocumentError):
    """Constraints say what no check can do; lists every problem.

    They are written to be edited: a wrong threshold is wrong usage, not a failed evaluation.
    """

    exit_code = WRONG_USAGE


class GateError(MonitoringError):
    """A candidate does not keep its model's limits; lists every one."""


class CaptureError(MonitoringError):
    """Captured traffic cannot be read, or too much of it is malformed."""


class NoDataError(MonitoringError):
    """There was nothing to evaluate. The message begins NO_DATA."""
