"""Config: fill the user's gaps; the user wins.

Reads     `{stage}-endpoint-config.json`, `{stage}-monitoring-schedule-config.json`
Writes    the same shape, complete: CodePipeline's TemplateConfiguration, which version 2 of the
          AWS CLI takes as it is; and, for version 1, the same as arguments (`to_arguments`)

A file is checked whole before anything is asked of AWS, and every problem is reported at once.
The one thing a reader gets wrong: an empty value is a gap. It is filled like a missing one.
"""

from __future__ import annotations

import difflib
import errno
import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from monitoring.errors import ConfigError
from monitoring.kinds import KINDS, Kind
from monitoring.names import LONGEST_NAME, STAGES, fit
from monitoring.parameters import ENDPOINT_PARAMETERS, MONITOR_PARAMETERS, SELF_HOSTED, Check

NOT_PASSED_ON = (
    "holds a line break, or '=' in a tag's key: `aws cloudformation deploy` cannot be given "
    "that; take it out"
)
LONGEST_VARIABLE = 256
"""Characters of a processing job's environment variable."""
MODEL_PARAMETERS = ("ModelPackageName", "ModelExecutionRoleArn")
"""All that the endpoint template's model resource is made of, besides its own name."""


def model_name(project: str, stage: str, parameters: Mapping[str, str]) -> str:
    """The name of the model that the endpoint stack will make, known before it is deployed.

    It hashes `MODEL_PARAMETERS`, so it changes exactly when the model does: CloudFormation
    then replaces the model instead of failing on the name, and a baseline that names the model
    (`predictor.model_name`) can be written in the same run.

    >>> model_name("fraud", "prod", {"ModelPackageName": "p", "ModelExecutionRoleArn": "r"})
    'fraud-prod-2580d28d671b'
    """
    made_of = json.dumps({key: parameters.get(key, "") for key in MODEL_PARAMETERS}, sort_keys=True)
    digest = hashlib.sha256(made_of.encode()).hexdigest()[:12]
    return f"{fit(f'{project}-{stage}', LONGEST_NAME - 13)}-{digest}"


@dataclass(frozen=True, slots=True)
class StageConfig:
    """One stack's parameters and tags in one stage. Never changed in place."""

    parameters: Mapping[str, str]
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def stage(self) -> str:
        return self.parameters["StageName"]

    def get(self, parameter: str) -> str:
        """The value, or the empty string where the user left a gap."""
        return self.parameters.get(parameter, "")

    def filled_from(self, defaults: Mapping[str, str]) -> StageConfig:
        """Fill the gaps; what the user wrote wins.

        >>> mine = StageConfig({"StageName": "prod", "EndpointName": ""})
        >>> dict(mine.filled_from({"StageName": "x", "EndpointName": "fraud-prod"}).parameters)
        {'StageName': 'prod', 'EndpointName': 'fraud-prod'}
        """
        written = {key: value for key, value in self.parameters.items() if value}
        return replace(self, parameters={**self.parameters, **defaults, **written})

    def tagged(self, tags: Mapping[str, str]) -> StageConfig:
        """Add tags in front of the user's own; the user's value wins."""
        return replace(self, tags={**tags, **self.tags})

    def why_off(self, kind: Kind) -> str | None:
        """Why a monitor will not run, or None when it will.

        >>> from monitoring.kinds import BIAS
        >>> StageConfig({"EnableModelBiasMonitor": "yes", "GroundTruthInput": ""}).why_off(BIAS)
        'GroundTruthInput is empty: no labels to compare predictions with'
        """
        if self.get(f"Enable{kind.name}Monitor") == "no":
            return f"Enable{kind.name}Monitor is no"
        if kind.needs_labels and not self.get("GroundTruthInput"):
            return "GroundTruthInput is empty: no labels to compare predictions with"
        return None

    @property
    def is_self_hosted(self) -> bool:
        """Whether the monitors run without SageMaker's own schedules.

        >>> StageConfig({"MonitorEngine": "self-hosted"}).is_self_hosted
        True
        """
        return self.get("MonitorEngine") == SELF_HOSTED

    def to_dict(self) -> dict[str, dict[str, str]]:
        """`{"Parameters": {...}, "Tags": {...}}`."""
        return {"Parameters": dict(self.parameters), "Tags": dict(self.tags)}

    def to_arguments(self) -> str:
        """What `aws cloudformation deploy` lacks, one quoted argument a line, for `xargs`.

        Version 1 of the AWS CLI reads no file here; version 2 takes the same arguments. Quoted
        as POSIX xargs reads it: all is literal between double quotes but a double quote, which
        stands between single ones.

        >>> print(StageConfig({"FeaturesAttribute": 'say "a b"'}).to_arguments(), end="")
        "--parameter-overrides"
        "FeaturesAttribute=say "'"'"a b"'"'""

        Raises ConfigError for a line break, which xargs cannot carry, and for a tag key with
        `=`, which the CLI would cut there.
        """
        words = ["--parameter-overrides", *(f"{k}={v}" for k, v in self.parameters.items())]
        if self.tags:
            words += ["--tags", *(f"{k}={v}" for k, v in self.tags.items())]
        if broken := _not_passed_on(self.parameters, self.tags):
            raise ConfigError(f"{', '.join(map(repr, broken))} {NOT_PASSED_ON}")
        return "".join('"' + word.replace('"', '"\'"\'"') + '"\n' for word in words)


@dataclass(frozen=True, slots=True)
class Source:
    """A configuration file to read, for which stage, and what its parameters may hold."""

    path: Path
    stage: str
    checks: Mapping[str, Check] = field(repr=False)

    @classmethod
    def monitors(cls, path: Path, stage: str) -> Source:
        """`{stage}-monitoring-schedule-config.json`."""
        return cls(path, stage, MONITOR_PARAMETERS)

    @classmethod
    def endpoint(cls, path: Path, stage: str) -> Source:
        """`{stage}-endpoint-config.json`."""
        return cls(path, stage, ENDPOINT_PARAMETERS)


def read(sources: Sequence[Source]) -> tuple[StageConfig, ...]:
    """Read and check every file, then return them in order.

    Raises ConfigError with one line for each problem in any of them.
    """
    problems: list[str] = []
    configs: list[StageConfig] = []
    for source in sources:
        try:
            document = parse(source.path.read_text(encoding="utf-8"))
        except OSError as error:
            problems.append(
                f"{source.path}: cannot be read ({error.strerror}). It holds the template's "
                f"parameters for {source.stage}; create it, or name another file"
            )
            continue
        except UnicodeDecodeError as error:
            problems.append(f"{source.path}: is not UTF-8 text ({error.reason}); save it as such")
            continue
        except ValueError as error:
            problems.append(f"{source.path}: {error}")
            continue
        found = list(check(document, source))
        problems += [f"{source.path}: {problem}" for problem in found]
        if not found:
            configs.append(StageConfig(_tidy(document["Parameters"]), document.get("Tags", {})))
    if problems:
        raise ConfigError("\n".join(problems))
    return tuple(configs)


def parse(text: str) -> Any:
    """JSON in which no key stands twice: the parser would silently keep the last one.

    >>> parse('{"Parameters": {"StageName": "a", "StageName": "b"}}')
    Traceback (most recent call last):
    ValueError: 'StageName' stands twice in one object; keep the one that is meant
    """

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = [key for key, _ in pairs]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise ValueError(
                f"{', '.join(map(repr, twice))} stands twice in one object; "
                "keep the one that is meant"
            )
        return dict(pairs)

    try:
        return json.loads(text, object_pairs_hook=unique)
    except json.JSONDecodeError as error:
        raise ValueError(
            f"line {error.lineno}, column {error.colno}: is not JSON ({error.msg})"
        ) from None
    except RecursionError:
        raise ValueError("is nested too deeply to be a configuration") from None


def check(document: Any, source: Source) -> Iterable[str]:
    """Every problem in one file, each as the rest of a sentence that begins with its path."""
    if not isinstance(document, dict) or not isinstance(document.get("Parameters"), dict):
        yield 'must be an object with an object under "Parameters", as in {"Parameters": {…}}'
        return
    for key in sorted(document.keys() - {"Parameters", "Tags"}):
        yield f"{key!r} is not passed to the stack; only Parameters and Tags are: take it out"
    tags = document.get("Tags", {})
    if not isinstance(tags, dict):
        yield 'the value of "Tags" must be an object, as in {"team": "risk"}'
        tags = {}
    parameters = document["Parameters"]
    for key, value in [*parameters.items(), *tags.items()]:
        if not isinstance(value, str):
            yield f"{key!r} is {json.dumps(value)}; CloudFormation takes text: put it in quotes"
    for key in _not_passed_on(parameters, tags):
        yield f"{key!r} {NOT_PASSED_ON}"
    texts = {key: value for key, value in parameters.items() if isinstance(value, str)}
    yield from _check_stage(parameters, source)
    for key, value in texts.items():
        if key not in source.checks:
            yield from _check_unknown(key, source.checks)
        elif value and (wrong := source.checks[key](value)):
            yield f"{key!r} {wrong}"
    if source.checks is MONITOR_PARAMETERS:
        yield from check_labels(StageConfig(texts))
        yield from check_engine(StageConfig(texts))


def _not_passed_on(parameters: Mapping[str, Any], tags: Mapping[str, Any]) -> list[str]:
    """The keys of what xargs cannot carry, or the AWS CLI would cut in the wrong place."""
    everything = [*parameters.items(), *tags.items()]
    broken = [key for key, value in everything if re.search(r"[\r\n\0]", f"{key}{value}")]
    return broken + [key for key in tags if "=" in key]


def _check_stage(parameters: Mapping[str, Any], source: Source) -> Iterable[str]:
    stage = parameters.get("StageName")
    if not stage:
        yield (
            "'StageName' is missing. It names the endpoint to monitor (<project>-<stage>); "
            f'add "StageName": "{source.stage}" under "Parameters"'
        )
    elif isinstance(stage, str) and stage != source.stage:
        known = "" if stage in STAGES else f" (known stages: {', '.join(STAGES)})"
        yield (
            f"'StageName' is {stage!r}, but this is the file of {source.stage}{known}. "
            "One stage must not take the other's endpoint and baselines; correct it, "
            f"or name another file for {source.stage}"
        )


def _check_unknown(key: str, known: Iterable[str]) -> Iterable[str]:
    """A near miss is a typo. Anything else may be a parameter the user added to the template."""
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.85)
    if near:
        yield f"{key!r} is no parameter of the template; did you mean {near[0]!r}?"


def check_labels(config: StageConfig) -> Iterable[str]:
    """A monitor that compares predictions with labels must be told where the prediction is."""
    enabled = [kind for kind in KINDS if kind.needs_labels and config.why_off(kind) is None]
    if enabled and not (config.get("InferenceAttribute") or config.get("ProbabilityAttribute")):
        titles = " and ".join(kind.title for kind in enabled)
        yield (
            f"'InferenceAttribute' and 'ProbabilityAttribute' are both missing; {titles} would not "
            'find the prediction. Add the column\'s index (such as "0") or its JMESPath'
        )


def check_engine(config: StageConfig) -> Iterable[str]:
    """What the self-hosted engine cannot do, or cannot do without."""
    if not config.is_self_hosted:
        return
    if not config.get("AnalyzerImageUri"):
        yield (
            "'AnalyzerImageUri' is missing, though 'MonitorEngine' is 'self-hosted': its jobs run "
            "that image. Push this repository's image to ECR and name it"
        )
    if config.get("MonitoringJobInstanceCount") not in {"", "1"}:
        yield (
            "'MonitoringJobInstanceCount' is above 1, but a self-hosted job runs on one instance; "
            "choose a larger 'MonitoringJobInstanceType'"
        )
    for key, value in config.parameters.items():
        if value.startswith("s3://") and len(value) > LONGEST_VARIABLE:
            yield (
                f"{key!r} has {len(value)} characters; a self-hosted job is told it in a variable, "
                f"which takes {LONGEST_VARIABLE}. Put the object under a shorter key"
            )


def write(texts: Mapping[Path, str]) -> None:
    """Write several files, all or none: each is complete beside its place before one is moved.

    Raises ConfigError when one of them cannot be written.
    """
    pending: dict[Path, Path] = {}
    try:
        for path, text in texts.items():
            if path.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
            path.parent.mkdir(parents=True, exist_ok=True)
            pending[path] = path.with_name(f".{path.name}.new")
            pending[path].write_text(text, encoding="utf-8")
        for path, complete in pending.items():
            complete.replace(path)
    except OSError as error:
        raise ConfigError(
            f"{error.filename}: cannot be written ({error.strerror}); no export was changed"
        ) from error
    finally:
        for complete in pending.values():
            complete.unlink(missing_ok=True)


def changes(before: StageConfig | None, after: StageConfig) -> tuple[str, ...]:
    """What another export would change, one line each.

    >>> changes(StageConfig({"StageName": "prod"}), StageConfig({"StageName": "prod", "A": "1"}))
    ('A: (not set) -> 1',)
    """
    old = before.to_dict() if before else {}
    lines = []
    for section, new in after.to_dict().items():
        was = old.get(section, {})
        label = "" if section == "Parameters" else "tag "
        lines += [
            f"{label}{key}: {was.get(key, '(not set)')} -> {new.get(key, '(removed)')}"
            for key in dict.fromkeys([*was, *new])
            if was.get(key) != new.get(key)
        ]
    return tuple(lines)


def _tidy(parameters: Mapping[str, str]) -> dict[str, str]:
    """Drop the slash at the end of an S3 prefix: joined with a key, it would be doubled."""
    return {
        key: value.rstrip("/") if value.startswith("s3://") else value
        for key, value in parameters.items()
    }
