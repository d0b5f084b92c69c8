"""Inside a job's process: /opt/ml is the job's own, and the time is the offline AWS's.

Python imports this by its name at start-up, in every Python process of a job, because its
directory stands in PYTHONPATH; nothing here imports the rest of the house.

A script says "/opt/ml/…" wherever it likes. Arguments and variables that do are rewritten
before it starts; a path that stands in its code is redirected here, in every function of
Python that takes one. Compiled code that opens a file by itself sees neither: give it a path
from the environment (SM_MODEL_DIR, …) or from an argument.
"""

import builtins
import functools
import io
import os

ROOT = os.environ.get("OFFLINE_CONTAINER_ROOT", "")
NOW = os.environ.get("OFFLINE_CONTAINER_NOW", "")
CONTAINER = "/opt/ml"
ONE_PATH = (
    "access", "chdir", "chmod", "chown", "listdir", "lstat", "mkdir", "mkfifo", "open",
    "readlink", "remove", "rmdir", "scandir", "stat", "statvfs", "truncate", "unlink", "utime",
    "getxattr", "listxattr", "removexattr", "setxattr",
)  # fmt: skip
"""Functions of `os` whose first argument is a path. `os.path`, pathlib and shutil call these;
the last four are Linux's."""
TWO_PATHS = ("link", "rename", "replace", "symlink")


def inside(path):
    """The path on this machine of a path of the container; any other is left alone."""
    if isinstance(path, bytes):
        return os.fsencode(inside(os.fsdecode(path)))
    text = os.fspath(path) if hasattr(path, "__fspath__") else path
    if not isinstance(text, str):
        return path
    within = text == CONTAINER or text.startswith(CONTAINER + "/")
    return ROOT + text if within else path


def redirected(function, paths):
    """The function, with its first `paths` arguments led below the root."""

    @functools.wraps(function)
    def call(*given, **named):
        return function(*map(inside, given[:paths]), *given[paths:], **named)

    return call


if ROOT:
    for _names, _paths in ((ONE_PATH, 1), (TWO_PATHS, 2)):
        for _name in filter(functools.partial(hasattr, os), _names):
            _stock = getattr(os, _name)
            _ours = redirected(_stock, _paths)
            setattr(os, _name, _ours)
            for _able in (os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks):
                if _stock in _able:
                    _able.add(_ours)
    builtins.open = io.open = redirected(open, 1)
if NOW:
    from datetime import datetime

    import time_machine

    time_machine.travel(datetime.fromisoformat(NOW), tick=True).start()
