"""The checks by AWS's images: QualityCheck and ClarifyCheck steps.

Needs     the SageMaker SDK; the data, the model, its answers; a row for absent features
Gives     steps, and what they hand on, laid out for the registration

Each step calculates a baseline, holds the data against the one in force, and fails where there
are violations. What the monitors are configured with later is written with the definition, under
its content's digest: it is the same for every run.

What a reader may miss: Clarify takes the predictions for bias from the transform, so no endpoint
is made for it. For explanations it makes one of the model, for as long as it asks.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from sagemaker.clarify import (
    BiasConfig,
    DataConfig,
    ModelConfig,
    ModelPredictedLabelConfig,
    SHAPConfig,
)
from sagemaker.model_monitor.dataset_format import DatasetFormat
from sagemaker.workflow.check_job_config import CheckJobConfig
from sagemaker.workflow.clarify_check_step import (
    ClarifyCheckConfig,
    ClarifyCheckStep,
    DataBiasCheckConfig,
    ModelBiasCheckConfig,
    ModelExplainabilityCheckConfig,
)
from sagemaker.workflow.functions import Join
from sagemaker.workflow.quality_check_step import (
    DataQualityCheckConfig,
    ModelQualityCheckConfig,
    QualityCheckConfig,
    QualityCheckStep,
)
from sagemaker.workflow.steps import CreateModelStep, ProcessingStep

from pipelines import analysis_config
from pipelines.baseline import CONFIG_FILE, UNSEEN_PART
from pipelines.check_inputs import TABLE_FILE
from pipelines.definition.jobs import INPUT, LONGEST, OUTPUT, VOLUME, Source, Workshop, output_of
from pipelines.gather import CONFIG
from pipelines.in_force import title
from pipelines.models.base import Table
from pipelines.process import ANSWERED
from serving.schema import ANSWER_COLUMNS

TABLES: Final = "tables"
BASELINES: Final = "baselines"
INSTANCE_TYPE: Final = "ml.m5.xlarge"
PREDICTION, PROBABILITY = ANSWER_COLUMNS


def tables(shop: Workshop, data: Source, answers: Source) -> ProcessingStep:
    """The transform's answers, as the check steps read them."""
    return shop.processing(
        "Tables",
        [
            *("tables", "--data", f"{INPUT}/data", "--answers", f"{INPUT}/answers"),
            *("--output", f"{OUTPUT}/{TABLES}"),
        ],
        {"data": data, "answers": answers},
        [TABLES],
    )


def data_quality(shop: Workshop, made: ProcessingStep) -> QualityCheckStep:
    """Of the training rows and their answers."""
    config = DataQualityCheckConfig(
        baseline_dataset=output_of(made, TABLES, "data-quality", TABLE_FILE),
        dataset_format=DatasetFormat.csv(header=True),
        output_s3_uri=shop.place("DataQualityCheck"),
    )
    return _quality(shop, "data-quality", config)


def model_quality(shop: Workshop, made: ProcessingStep) -> QualityCheckStep:
    """Of answers to rows that the model has not learnt from."""
    model = shop.settings.model
    config = ModelQualityCheckConfig(
        baseline_dataset=output_of(made, TABLES, "model-quality", TABLE_FILE),
        dataset_format=DatasetFormat.csv(header=True),
        output_s3_uri=shop.place("ModelQualityCheck"),
        problem_type=model.problem_type,
        inference_attribute=PREDICTION,
        probability_attribute=PROBABILITY,
        ground_truth_attribute=model.label,
    )
    return _quality(shop, "model-quality", config)


def data_bias(shop: Workshop, batch: Source) -> ClarifyCheckStep:
    """Of the training rows' labels, before anything is trained."""
    model = shop.settings.model
    config = DataBiasCheckConfig(
        data_config=_data(
            shop,
            "DataBiasCheck",
            Join("/", [batch, "train.csv"]),
            headers=[model.label, *model.schema.names],
            label=model.label,
        ),
        data_bias_config=_facets(shop),
    )
    return _clarify(shop, "data-bias", config)


def model_bias(shop: Workshop, made: CreateModelStep, answers: Source) -> ClarifyCheckStep:
    """Of the answers to rows that the model has not learnt from."""
    model = shop.settings.model
    config = ModelBiasCheckConfig(
        data_config=_data(
            shop,
            "ModelBiasCheck",
            Join("/", [answers, f"{UNSEEN_PART}.csv{ANSWERED}"]),
            headers=[model.label, *model.schema.names, PREDICTION, PROBABILITY],
            label=model.label,
            predicted_label=PREDICTION,
            excluded_columns=[PROBABILITY],
        ),
        data_bias_config=_facets(shop),
        model_config=_asked(made, _explaining(shop)["predictor"]),
        model_predicted_label_config=ModelPredictedLabelConfig(
            label=ANSWER_COLUMNS.index(PREDICTION)
        ),
    )
    return _clarify(shop, "model-bias", config)


def explainability(
    shop: Workshop, made: CreateModelStep, laid_out: ProcessingStep
) -> ClarifyCheckStep:
    """Of rows that the model has not learnt from."""
    configured = _explaining(shop)
    predictor = configured["predictor"]
    config = ModelExplainabilityCheckConfig(
        data_config=_data(
            shop,
            "ModelExplainabilityCheck",
            output_of(laid_out, TABLES, "model-explainability", TABLE_FILE),
            headers=configured["headers"],
        ),
        model_config=_asked(made, predictor),
        explainability_config=SHAPConfig(**configured["methods"]["shap"]),
        model_scores=ModelPredictedLabelConfig(
            probability=predictor["probability"], label_headers=predictor["label_headers"]
        ),
    )
    return _clarify(shop, "model-explainability", config)


def gathered(
    shop: Workshop, checks: Mapping[str, QualityCheckStep | ClarifyCheckStep]
) -> ProcessingStep:
    """What the checks hand on, as `register` reads it, with the monitors' configurations."""
    inputs: dict[str, Source] = {}
    for name, check in checks.items():
        handed_on = check.properties
        inputs[f"{name}/constraints"] = handed_on.BaselineUsedForDriftCheckConstraints
        if isinstance(check, QualityCheckStep):
            inputs[f"{name}/statistics"] = handed_on.BaselineUsedForDriftCheckStatistics
    configs = {"model-explainability": _explaining(shop)}
    if "model-bias" in checks:
        configs["model-bias"] = analysis_config.bias(shop.settings.model)
    for name, document in configs.items():
        inputs[f"{name}/{CONFIG}"] = _written(shop, document)
    return shop.processing(
        "Baselines",
        ["gather", "--checks", INPUT, "--output", f"{OUTPUT}/{BASELINES}"],
        inputs,
        [BASELINES],
    )


def _quality(shop: Workshop, check: str, config: QualityCheckConfig) -> QualityCheckStep:
    statistics = shop.parameters.checks[check].statistics
    return _step(QualityCheckStep, shop, check, config, supplied_baseline_statistics=statistics)


def _clarify(shop: Workshop, check: str, config: ClarifyCheckConfig) -> ClarifyCheckStep:
    return _step(ClarifyCheckStep, shop, check, config)


def _step(kind: Any, shop: Workshop, check: str, config: Any, **others: Any) -> Any:
    """What the SDK's two kinds of check steps have in common."""
    chosen = shop.parameters.checks[check]
    return kind(
        f"{title(check)}Check",
        config,
        _job(shop),
        skip_check=chosen.skip,
        register_new_baseline=chosen.register_new,
        model_package_group_name=shop.settings.group,
        supplied_baseline_constraints=chosen.constraints,
        **others,
    )


def _job(shop: Workshop) -> CheckJobConfig:
    return CheckJobConfig(
        role=shop.settings.role,
        instance_type=INSTANCE_TYPE,
        volume_size_in_gb=VOLUME,
        max_runtime_in_seconds=LONGEST,
        sagemaker_session=shop.session,
    )


def _data(shop: Workshop, step: str, source: Source, **columns: Any) -> DataConfig:
    """A data set without a header. Its configuration is the same in each run, its result not."""
    told = json.dumps([shop.settings.model.to_json(), shop.settings.typical], sort_keys=True)
    version = hashlib.sha256(told.encode()).hexdigest()
    return DataConfig(
        s3_data_input_path=source,
        s3_output_path=shop.place(step),
        s3_analysis_config_output_path=f"{shop.settings.home}/configs/{version}/{step}",
        dataset_type="text/csv",
        **columns,
    )


def _facets(shop: Workshop) -> BiasConfig:
    """Whom to compare, as the hourly monitor does."""
    told = analysis_config.bias(shop.settings.model)
    return BiasConfig(
        label_values_or_threshold=told["label_values_or_threshold"],
        facet_name=[facet["name_or_index"] for facet in told["facet"]],
        facet_values_or_threshold=[facet["value_or_threshold"] for facet in told["facet"]],
    )


def _explaining(shop: Workshop) -> dict[str, Any]:
    """The hourly monitor's configuration, with the row that the definition was made with."""
    model = shop.settings.model
    return analysis_config.explainability(model, Table([shop.settings.typical], [""]))


def _asked(made: CreateModelStep, predictor: Mapping[str, Any]) -> ModelConfig:
    return ModelConfig(
        model_name=made.properties.ModelName,
        instance_count=predictor["initial_instance_count"],
        instance_type=predictor["instance_type"],
        accept_type=predictor["accept_type"],
        content_type=predictor["content_type"],
    )


def _written(shop: Workshop, document: Mapping[str, Any]) -> str:
    """The URI of a configuration, kept under its digest to be written with the definition."""
    content = (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()
    digest = hashlib.sha256(content).hexdigest()
    uri = f"{shop.settings.home}/configs/{digest}/{CONFIG_FILE}"
    shop.session.files[uri] = content
    return uri
