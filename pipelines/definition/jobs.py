"""The processing job of a step: which of our scripts, what it reads, where its files go.

Needs     the SageMaker SDK, settings and parameters
Gives     ProcessingSteps; URIs of what a step leaves

Each run has a place of its own, named by its execution: a later run overwrites nothing, and
what a package was made of can be looked up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sagemaker.processing import ProcessingInput, ProcessingOutput, Processor
from sagemaker.workflow.entities import PipelineVariable
from sagemaker.workflow.execution_variables import ExecutionVariables
from sagemaker.workflow.functions import Join
from sagemaker.workflow.properties import PropertyFile
from sagemaker.workflow.steps import ProcessingStep

from pipelines.definition.parameters import Parameters
from pipelines.definition.session import DraftingSession
from pipelines.definition.settings import Settings

INPUT, OUTPUT = "/opt/ml/processing/input", "/opt/ml/processing/output"
ENTRYPOINT = ("python", "-m", "pipelines.processing_job")
VOLUME, LONGEST = 30, 3600
"""GB of disk, and seconds, of a job."""
Source: TypeAlias = str | PipelineVariable


@dataclass(frozen=True, slots=True)
class Workshop:
    """What every step is made with."""

    settings: Settings
    parameters: Parameters
    session: DraftingSession

    def place(self, *parts: str) -> Join:
        """Where a run's files of some name go."""
        execution = ExecutionVariables.PIPELINE_EXECUTION_ID
        return Join("/", [self.settings.home, "runs", execution, *parts])

    def processing(
        self,
        name: str,
        arguments: Sequence[Source],
        inputs: Mapping[str, Source],
        outputs: Sequence[str],
        *,
        property_files: Sequence[PropertyFile] = (),
        depends_on: Sequence[Any] = (),
    ) -> ProcessingStep:
        """A step whose job runs one of our scripts.

        `inputs` are directories below INPUT, `outputs` below OUTPUT.
        """
        processor = Processor(
            role=self.settings.role,
            image_uri=self.settings.image,
            instance_count=self.parameters.processing_count if name == "Process" else 1,
            instance_type=self.parameters.processing_type,
            entrypoint=list(ENTRYPOINT),
            volume_size_in_gb=VOLUME,
            max_runtime_in_seconds=LONGEST,
            sagemaker_session=self.session,
        )
        step_args = processor.run(
            inputs=[
                ProcessingInput(source=source, destination=f"{INPUT}/{name}", input_name=name)
                for name, source in inputs.items()
            ],
            outputs=[
                ProcessingOutput(
                    source=f"{OUTPUT}/{output}",
                    destination=self.place(name, output),
                    output_name=output,
                )
                for output in outputs
            ],
            arguments=[*arguments],
        )
        return ProcessingStep(
            name,
            step_args=step_args,
            property_files=list(property_files),
            depends_on=list(depends_on) or None,
        )


def output_of(step: ProcessingStep, name: str, *below: str) -> Source:
    """The URI of a step's output, or of what lies below it."""
    uri = step.properties.ProcessingOutputConfig.Outputs[name].S3Output.S3Uri
    found: Source = Join("/", [uri, *below]) if below else uri
    return found
