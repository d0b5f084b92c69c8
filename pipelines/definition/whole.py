"""The whole pipeline, in order.

    Process ─> data quality ┐
        └────> data bias ───┴─> Train | Tune ─> CreateModel ─> Transform ─┬─> model quality ─┐
                                        └──────────────> Evaluate ──┐     ├─> model bias ────┤
                                                                    │     └─> explainability ┤
                                                      RegisterModel <─┴── Gate <─────────────┘

Needs     the SageMaker SDK, settings, a session
Gives     the SDK's Pipeline

Our checks are followed by a Condition: what fails ends in a Fail step that shows the reason,
and nothing is trained on bad data or registered below its limits.
"""

from __future__ import annotations

from typing import Any

from sagemaker.workflow.condition_step import ConditionStep
from sagemaker.workflow.conditions import ConditionEquals
from sagemaker.workflow.fail_step import FailStep
from sagemaker.workflow.functions import Join, JsonGet
from sagemaker.workflow.pipeline import Pipeline

from pipelines.definition import own_checks, steps
from pipelines.definition.jobs import Workshop, output_of
from pipelines.definition.own_checks import answered_baseline, own_check
from pipelines.process import BATCH, DATA


def pipeline(shop: Workshop) -> Pipeline:
    """All steps, with the checks that the settings ask for."""
    return Pipeline(
        shop.settings.name,
        parameters=shop.parameters.listed,
        steps=_with_own_checks(shop),
        sagemaker_session=shop.session,
    )


def _with_own_checks(shop: Workshop) -> list[Any]:
    process = steps.process(shop)
    data = output_of(process, DATA)
    quality = own_check(shop, "data-quality", data=data)
    bias = own_check(shop, "data-bias", data=data)
    gate = ConditionStep(
        "DataChecks",
        conditions=[quality.passed, bias.passed],
        if_steps=_after_the_data(shop, output_of(process, BATCH), data, bias.baseline),
        else_steps=[FailStep("DataChecksFailed", own_checks.reasons([quality, bias]))],
    )
    return [process, quality.step, bias.step, gate]


def _after_the_data(shop: Workshop, batch: Any, data: Any, pre_training: Any) -> list[Any]:
    fit, model_data = steps.fit(shop, data)
    model = steps.create_model(shop, model_data)
    transform = steps.transform(shop, model, batch)
    answers = transform.properties.TransformOutput.S3OutputPath
    scored = {"data": data, "answers": answers}
    baseline = answered_baseline(shop, **scored)
    checks = {
        "model-quality": own_check(shop, "model-quality", **scored),
        "model-bias": own_check(shop, "model-bias", **scored, pre_training=pre_training),
        "model-explainability": own_check(
            shop, "model-explainability", **scored, model_data=model_data
        ),
    }
    baselines = {"data-quality": baseline, **checks}
    evaluate = steps.evaluate(shop, data, model_data)
    register = steps.register(
        shop,
        model_data,
        output_of(evaluate, "report"),
        {name: check.baseline for name, check in baselines.items()},
    )
    passed = ConditionEquals(JsonGet("Evaluate", steps.EVALUATION, "gate.passed"), True)
    below = JsonGet("Evaluate", steps.EVALUATION, "gate.reason")
    gate = ConditionStep(
        "Gate",
        conditions=[passed, *(check.passed for check in baselines.values())],
        if_steps=[register],
        else_steps=[
            FailStep(
                "GateFailed", Join(" ", [below, *(check.reason for check in baselines.values())])
            )
        ],
    )
    return [
        *(fit, model, transform, baseline.step, *(check.step for check in checks.values())),
        *(evaluate, gate),
    ]
