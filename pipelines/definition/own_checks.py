"""The checks by our analyzer: each a processing job, and a Condition behind them.

Needs     the SageMaker SDK; the data, or the model and its answers
Gives     steps; conditions that all of them passed; why not, for a Fail step

A job that has compared ends well, whatever it found, so its documents are published. What it
found stands in check.json, where the Condition step reads `passed` and the Fail step `reason`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sagemaker.workflow.conditions import Condition, ConditionEquals
from sagemaker.workflow.functions import Join, JsonGet
from sagemaker.workflow.properties import PropertyFile
from sagemaker.workflow.steps import ProcessingStep

from pipelines.check import BASELINE, RESULT_FILE
from pipelines.definition.jobs import INPUT, OUTPUT, Source, Workshop, output_of
from pipelines.in_force import title

RESULT = "result"


@dataclass(frozen=True, slots=True)
class OwnCheck:
    """One check's step, and what others take from it."""

    step: ProcessingStep
    result: PropertyFile

    @property
    def passed(self) -> Condition:
        return ConditionEquals(JsonGet(self.step.name, self.result, "passed"), True)

    @property
    def reason(self) -> JsonGet:
        return JsonGet(self.step.name, self.result, "reason")

    @property
    def baseline(self) -> Source:
        """The URI of what the package is to carry."""
        return output_of(self.step, RESULT, BASELINE)


def own_check(
    shop: Workshop,
    check: str,
    *,
    data: Source,
    answers: Source | None = None,
    model_data: Source | None = None,
    pre_training: Source | None = None,
) -> OwnCheck:
    """A check with the parameters that are its own."""
    chosen = shop.parameters.checks[check]
    given = {"data": data, "answers": answers, "model": model_data, "pre-training": pre_training}
    inputs = {name: source for name, source in given.items() if source is not None}
    arguments: list[Source] = ["check", check, "--group", shop.settings.group]
    for name in inputs:
        arguments += [f"--{name}", f"{INPUT}/{name}"]
    arguments += ["--skip", chosen.skip.to_string()]
    arguments += ["--register-new", chosen.register_new.to_string()]
    arguments += ["--supplied-constraints", chosen.constraints]
    if chosen.statistics is not None:
        arguments += ["--supplied-statistics", chosen.statistics]
    return _made(shop, f"{title(check)}Check", arguments, inputs)


def answered_baseline(shop: Workshop, data: Source, answers: Source) -> OwnCheck:
    """The baseline of data quality with the answers' columns, as an endpoint captures them.

    Nothing is compared here: the inputs were, before training.
    """
    register_new = shop.parameters.checks["data-quality"].register_new
    arguments: list[Source] = ["check", "data-quality", "--group", shop.settings.group]
    arguments += ["--data", f"{INPUT}/data", "--answers", f"{INPUT}/answers", "--skip", "true"]
    arguments += ["--register-new", register_new.to_string()]
    return _made(shop, "DataQualityBaseline", arguments, {"data": data, "answers": answers})


def _made(
    shop: Workshop, name: str, arguments: Sequence[Source], inputs: dict[str, Source]
) -> OwnCheck:
    result = PropertyFile(f"{name}Result", output_name=RESULT, path=RESULT_FILE)
    step = shop.processing(
        name,
        [*arguments, "--output", f"{OUTPUT}/{RESULT}"],
        inputs,
        [RESULT],
        property_files=[result],
    )
    return OwnCheck(step, result)


def reasons(checks: Iterable[OwnCheck]) -> Join:
    """Why some checks did not pass, as a Fail step's message."""
    return Join(" ", [check.reason for check in checks])
