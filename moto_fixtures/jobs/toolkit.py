"""Script mode: how AWS's framework images turn hyperparameters into a command and variables.

Needs     hyperparameters (sagemaker_program, sagemaker_submit_directory, the script's own),
          the channels and the hosts
Gives     the script's arguments; the SM_… variables that scripts read

As the sagemaker-training toolkit documents them ("Important environment variables"): its
code is AWS's, and none of it is here. Values of hyperparameters are JSON where they can be
read as JSON, as the SDK writes them; else they are text.
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PROGRAM = "sagemaker_program"
SUBMITTED = "sagemaker_submit_directory"
RESERVED = "sagemaker_"
CODE = "/opt/ml/code"
MODEL = "/opt/ml/model"
INPUT = "/opt/ml/input"
OUTPUT = "/opt/ml/output"
CONFIG = f"{INPUT}/config"
LOG_LEVEL = "20"


def decoded(value: str) -> Any:
    """A hyperparameter as the SDK meant it.

    >>> decoded("0.1"), decoded('"train.py"'), decoded("sgd")
    (0.1, 'train.py', 'sgd')
    """
    try:
        return json.loads(value)
    except ValueError:
        return value


@dataclass(frozen=True, slots=True)
class Script:
    """A user's script and what it is told."""

    program: str
    submitted: str
    """Where its archive lies: an S3 URI, or a path in the container."""
    hyperparameters: Mapping[str, Any]
    """Its own, decoded."""

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Script | None:
        """From a request's HyperParameters; None when they name no script."""
        values = {name: decoded(value) for name, value in given.items()}
        if not values.get(PROGRAM):
            return None
        own = {name: value for name, value in values.items() if not name.startswith(RESERVED)}
        return cls(str(values[PROGRAM]), str(values.get(SUBMITTED, CODE)), own)

    @property
    def arguments(self) -> list[str]:
        """The command line.

        >>> Script("train.py", "", {"max_depth": 3, "C": 0.5}).arguments
        ['-C', '0.5', '--max_depth', '3']
        """
        found: list[str] = []
        for name, value in sorted(self.hyperparameters.items()):
            text = value if isinstance(value, str) else _text(value)
            found += [f"{'-' if len(name) == 1 else '--'}{name}", text]
        return found

    @property
    def command(self) -> list[str]:
        """What runs it, from the directory of the code."""
        if self.program.endswith(".sh"):
            line = " ".join(shlex.quote(one) for one in self.arguments)
            return ["/bin/sh", "-c", f"./{self.program} {line}".rstrip()]
        return ["python", self.program, *self.arguments]


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, dict | list) else str(value)


def variables(
    script: Script,
    channels: Mapping[str, Any],
    resources: Mapping[str, Any],
    job: str,
) -> dict[str, str]:
    """The variables a script reads.

    >>> found = variables(Script("train.py", "", {"depth": 3}), {"train": {}},
    ...     {"hosts": ["algo-1"], "current_host": "algo-1"}, "job")
    >>> found["SM_CHANNEL_TRAIN"], found["SM_HP_DEPTH"], found["SM_MODEL_DIR"]
    ('/opt/ml/input/data/train', '3', '/opt/ml/model')
    """
    module = script.program.removesuffix(".py")
    plain = {
        "SM_MODEL_DIR": MODEL,
        "SM_INPUT_DIR": INPUT,
        "SM_INPUT_CONFIG_DIR": CONFIG,
        "SM_OUTPUT_DIR": OUTPUT,
        "SM_OUTPUT_DATA_DIR": f"{OUTPUT}/data",
        "SM_OUTPUT_INTERMEDIATE_DIR": f"{OUTPUT}/intermediate",
        "SM_CURRENT_HOST": resources["current_host"],
        "SM_CURRENT_INSTANCE_TYPE": resources.get("current_instance_type", ""),
        "SM_CURRENT_INSTANCE_GROUP": resources.get("current_group_name", ""),
        "SM_NETWORK_INTERFACE_NAME": resources.get("network_interface_name", "eth0"),
        "SM_MODULE_NAME": module,
        "SM_MODULE_DIR": script.submitted,
        "SM_USER_ENTRY_POINT": script.program,
        "SM_LOG_LEVEL": LOG_LEVEL,
        "SM_NUM_CPUS": str(os.cpu_count() or 1),
        "SM_NUM_GPUS": "0",
        "SM_NUM_NEURONS": "0",
        **{f"SM_CHANNEL_{name.upper()}": f"{INPUT}/data/{name}" for name in channels},
        **{
            f"SM_HP_{name.upper().replace('-', '_')}": _text(value)
            for name, value in script.hyperparameters.items()
        },
    }
    listed: dict[str, Any] = {
        "SM_HOSTS": resources["hosts"],
        "SM_CHANNELS": sorted(channels),
        "SM_HPS": dict(script.hyperparameters),
        "SM_INPUT_DATA_CONFIG": dict(channels),
        "SM_RESOURCE_CONFIG": dict(resources),
        "SM_USER_ARGS": script.arguments,
        "SM_FRAMEWORK_PARAMS": {},
        "SM_TRAINING_ENV": _training_env(script, channels, resources, job),
    }
    return {**plain, **{name: json.dumps(value) for name, value in listed.items()}}


def _training_env(
    script: Script, channels: Mapping[str, Any], resources: Mapping[str, Any], job: str
) -> dict[str, Any]:
    hosts: Sequence[str] = resources["hosts"]
    return {
        "channel_input_dirs": {name: f"{INPUT}/data/{name}" for name in channels},
        "current_host": resources["current_host"],
        "hosts": hosts,
        "hyperparameters": dict(script.hyperparameters),
        "input_config_dir": CONFIG,
        "input_data_config": dict(channels),
        "input_dir": INPUT,
        "is_master": resources["current_host"] == hosts[0],
        "job_name": job,
        "master_hostname": hosts[0],
        "model_dir": MODEL,
        "module_dir": script.submitted,
        "module_name": script.program.removesuffix(".py"),
        "num_gpus": 0,
        "output_data_dir": f"{OUTPUT}/data",
        "output_dir": OUTPUT,
        "resource_config": dict(resources),
        "user_entry_point": script.program,
    }
