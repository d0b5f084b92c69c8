"""The steps that make a model: process, train or tune, create, transform, evaluate, register.

Needs     the SageMaker SDK; for each step what those before it left
Gives     the steps, and URIs of what they leave

What a reader may miss: the last step registers by `pipelines/register.py` in a processing job,
not by a RegisterModel step. It writes every file under its content's digest, finds a package of
the same content again, and puts numbers of this run on the model card (docs/decisions/0010).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput, TransformInput
from sagemaker.model import Model
from sagemaker.transformer import Transformer
from sagemaker.tuner import ContinuousParameter, HyperparameterTuner
from sagemaker.workflow.execution_variables import ExecutionVariables
from sagemaker.workflow.properties import PropertyFile
from sagemaker.workflow.steps import (
    CreateModelStep,
    ProcessingStep,
    TrainingStep,
    TransformStep,
    TuningStep,
)

from pipelines.definition.jobs import INPUT, LONGEST, OUTPUT, VOLUME, Source, Workshop
from pipelines.evaluate import EVALUATION_FILE
from pipelines.process import BATCH, DATA
from pipelines.training_job import CHANNEL, OBJECTIVE

TRANSFORM_INSTANCE: Final = "ml.m5.xlarge"
TRIALS, AT_ONCE = 6, 2
PENALTY: Final = (0.01, 100.0)
"""The range of C, the inverse of the penalty's strength, that a tuning job looks in."""
EVALUATION = PropertyFile("Evaluation", output_name="report", path=EVALUATION_FILE)


def process(shop: Workshop) -> ProcessingStep:
    """Split the rows at InputDataUrl."""
    return shop.processing(
        "Process",
        [
            *("process", "--model", shop.settings.model.name),
            *("--input", f"{INPUT}/raw", "--output", OUTPUT),
        ],
        {"raw": shop.parameters.input_data},
        [DATA, BATCH],
    )


def fit(
    shop: Workshop, data: Source, depends_on: Sequence[Any] = ()
) -> tuple[TrainingStep | TuningStep, Source]:
    """Train one model, or tune and take the best; the step, and its model.tar.gz."""
    waits = list(depends_on) or None
    estimator = Estimator(
        image_uri=shop.settings.image,
        role=shop.settings.role,
        instance_count=1,
        instance_type=shop.parameters.training_type,
        volume_size=VOLUME,
        max_run=LONGEST,
        output_path=f"{shop.settings.home}/models",
        disable_profiler=True,
        metric_definitions=[{"Name": OBJECTIVE, "Regex": f"{OBJECTIVE}=([0-9.]+);"}],
        sagemaker_session=shop.session,
    )
    channels = {CHANNEL: TrainingInput(data, content_type="text/csv")}
    if not shop.settings.tune:
        with shop.session.untold():
            fitting = estimator.fit(channels)
        step = TrainingStep("Train", step_args=fitting, depends_on=waits)
        return step, step.properties.ModelArtifacts.S3ModelArtifacts
    tuner = HyperparameterTuner(
        estimator,
        objective_metric_name=OBJECTIVE,
        hyperparameter_ranges={"C": ContinuousParameter(*PENALTY, scaling_type="Logarithmic")},
        metric_definitions=[{"Name": OBJECTIVE, "Regex": f"{OBJECTIVE}=([0-9.]+);"}],
        max_jobs=TRIALS,
        max_parallel_jobs=AT_ONCE,
    )
    tuning = TuningStep("Tune", step_args=tuner.fit(channels), depends_on=waits)
    best = tuning.get_top_model_s3_uri(
        0, shop.settings.bucket, f"{shop.settings.prefix}/{shop.settings.name}/models"
    )
    return tuning, best


def create_model(shop: Workshop, model_data: Source) -> CreateModelStep:
    """The model in SageMaker, for the transform and for Clarify to ask."""
    model = Model(
        image_uri=shop.settings.image,
        model_data=model_data,
        role=shop.settings.role,
        sagemaker_session=shop.session,
    )
    return CreateModelStep("CreateModel", step_args=model.create().create_model_request)


def transform(shop: Workshop, model: CreateModelStep, batch: Source) -> TransformStep:
    """Every row of training and test, and the model's answer behind it."""
    transformer = Transformer(
        model_name=model.properties.ModelName,
        instance_count=1,
        instance_type=TRANSFORM_INSTANCE,
        strategy="MultiRecord",
        assemble_with="Line",
        accept="text/csv",
        output_path=shop.place("Transform"),
        sagemaker_session=shop.session,
    )
    taken = TransformInput(batch)
    return TransformStep(
        "Transform",
        step_args=transformer.transform(
            taken.data,
            content_type="text/csv",
            split_type="Line",
            join_source="Input",
            input_filter="$[1:]",
        ),
    )


def answers_of(transform: TransformStep) -> Source:
    """Where the answered rows are, as `pipelines/process.py` reads them."""
    uri: Source = transform.properties.TransformOutput.S3OutputPath
    return uri


def evaluate(shop: Workshop, data: Source, model_data: Source) -> ProcessingStep:
    """How good the model is on rows it has never seen, and whether that is enough."""
    return shop.processing(
        "Evaluate",
        [
            *("evaluate", "--data", f"{INPUT}/data", "--model", f"{INPUT}/model"),
            *("--output", f"{OUTPUT}/report"),
        ],
        {"data": data, "model": model_data},
        ["report"],
        property_files=[EVALUATION],
    )


def register(
    shop: Workshop,
    model_data: Source,
    report: Source,
    baselines: Mapping[str, Source],
    **further: Any,
) -> ProcessingStep:
    """The model with its baselines into the Model Registry.

    `baselines` are by monitor; or all of them in one place, whose name is empty.
    """
    settings = shop.settings
    arguments: list[Source] = [
        "register",
        *("--model", f"{INPUT}/model", "--report", f"{INPUT}/report"),
        *("--baseline", f"{INPUT}/baseline", "--bucket", settings.bucket),
        *("--group", settings.group, "--image-uri", settings.image),
        *("--approval", shop.parameters.approval, "--output", f"{OUTPUT}/package"),
        *("--execution", ExecutionVariables.PIPELINE_EXECUTION_ARN),
    ]
    if settings.commit:
        arguments += ["--commit", settings.commit]
    inputs = {f"baseline/{name}".rstrip("/"): source for name, source in baselines.items()}
    return shop.processing(
        "RegisterModel",
        arguments,
        {"model": model_data, "report": report, **inputs},
        ["package"],
        **further,
    )
