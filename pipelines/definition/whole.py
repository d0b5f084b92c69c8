"""The whole pipeline, in order; by our checks, and by AWS's.

    Process ─> data quality ┐
        └────> data bias ───┴─> Train | Tune ─> CreateModel ─> Transform ─┬─> model quality ─┐
                                        └──────────────> Evaluate ──┐     ├─> model bias ────┤
                                                                    │     └─> explainability ┤
                                                      RegisterModel <─┴── Gate <─────────────┘

Needs     the SageMaker SDK, settings, a session
Gives     the SDK's Pipeline

Our checks are followed by a Condition: what fails ends in a Fail step that shows the reason.
AWS's check steps fail themselves. Either way nothing is trained on bad data or registered below
its limits. A model without facets has no checks of bias.

What a reader may miss: AWS's check of data quality stands behind the transform. It compares
all columns of the baseline in force, and that one has the answers', as the endpoint's monitor
needs them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sagemaker.workflow.condition_step import ConditionStep
from sagemaker.workflow.conditions import Condition, ConditionEquals
from sagemaker.workflow.fail_step import FailStep
from sagemaker.workflow.functions import Join, JsonGet
from sagemaker.workflow.pipeline import Pipeline

from pipelines.definition import aws_checks, own_checks, steps
from pipelines.definition.jobs import Source, Workshop, output_of
from pipelines.definition.own_checks import OwnCheck, answered_baseline, own_check
from pipelines.process import BATCH, DATA

BELOW_LIMITS = JsonGet("Evaluate", steps.EVALUATION, "gate.reason")


def pipeline(shop: Workshop) -> Pipeline:
    """All steps, with the checks that the settings ask for."""
    made = _with_aws_checks if shop.settings.checks == "aws" else _with_own_checks
    return Pipeline(
        shop.settings.name,
        parameters=shop.parameters.listed,
        steps=made(shop),
        sagemaker_session=shop.session,
    )


def _with_own_checks(shop: Workshop) -> list[Any]:
    process = steps.process(shop)
    data = output_of(process, DATA)
    checks = {
        name: own_check(shop, name, data=data)
        for name in ("data-quality", "data-bias")
        if name in shop.parameters.checks
    }
    before = checks["data-bias"].baseline if "data-bias" in checks else None
    gate = ConditionStep(
        "DataChecks",
        conditions=[check.passed for check in checks.values()],
        if_steps=_after_our_checks(shop, output_of(process, BATCH), data, before),
        else_steps=[FailStep("DataChecksFailed", own_checks.reasons(checks.values()))],
    )
    return [process, *(check.step for check in checks.values()), gate]


def _after_our_checks(
    shop: Workshop, batch: Source, data: Source, pre_training: Source | None
) -> list[Any]:
    fit, model_data = steps.fit(shop, data)
    model = steps.create_model(shop, model_data)
    transform = steps.transform(shop, model, batch)
    scored = {"data": data, "answers": steps.answers_of(transform)}
    further: Mapping[str, Mapping[str, Source | None]] = {
        "model-quality": {},
        "model-bias": {"pre_training": pre_training},
        "model-explainability": {"model_data": model_data},
    }
    checks: dict[str, OwnCheck] = {"data-quality": answered_baseline(shop, **scored)}
    for name, sources in further.items():
        if name in shop.parameters.checks:
            checks[name] = own_check(shop, name, **scored, **sources)
    baselines = {name: check.baseline for name, check in checks.items()}
    ended = _end(
        shop,
        data,
        model_data,
        baselines,
        [check.passed for check in checks.values()],
        [check.reason for check in checks.values()],
    )
    return [fit, model, transform, *(check.step for check in checks.values()), *ended]


def _with_aws_checks(shop: Workshop) -> list[Any]:
    process = steps.process(shop)
    data, batch = output_of(process, DATA), output_of(process, BATCH)
    before = aws_checks.data_bias(shop, batch) if shop.settings.model.facets else None
    fit, model_data = steps.fit(shop, data, depends_on=[before] if before else [])
    model = steps.create_model(shop, model_data)
    transform = steps.transform(shop, model, batch)
    answers = steps.answers_of(transform)
    tables = aws_checks.tables(shop, data, answers)
    checks = {
        "data-quality": aws_checks.data_quality(shop, tables),
        "model-quality": aws_checks.model_quality(shop, tables),
        "model-explainability": aws_checks.explainability(shop, model, tables),
    }
    if before is not None:
        checks["data-bias"] = before
        checks["model-bias"] = aws_checks.model_bias(shop, model, answers)
    gathered = aws_checks.gathered(shop, checks)
    ended = _end(shop, data, model_data, {"": output_of(gathered, aws_checks.BASELINES)})
    first = [process, *([before] if before else [])]
    others = [check for check in checks.values() if check is not before]
    return [*first, fit, model, transform, tables, *others, gathered, *ended]


def _end(
    shop: Workshop,
    data: Source,
    model_data: Source,
    baselines: Mapping[str, Source],
    passed: Sequence[Condition] = (),
    reasons: Sequence[JsonGet] = (),
) -> list[Any]:
    """The evaluation, and the registration of what is good enough."""
    evaluate = steps.evaluate(shop, data, model_data)
    register = steps.register(shop, model_data, output_of(evaluate, "report"), baselines)
    is_good = ConditionEquals(JsonGet("Evaluate", steps.EVALUATION, "gate.passed"), True)
    gate = ConditionStep(
        "Gate",
        conditions=[is_good, *passed],
        if_steps=[register],
        else_steps=[FailStep("GateFailed", Join(" ", [BELOW_LIMITS, *reasons]))],
    )
    return [evaluate, gate]
