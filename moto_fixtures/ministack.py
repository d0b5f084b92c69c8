"""Where stacks end otherwise in MiniStack 1.5.33, another emulator of AWS, than here.

`make conformance SUITES=ministack` deploys the same templates to both and compares with these
rows, both ways: a difference without a row fails it, and so does a row without a difference.
docs/offline-aws.md is generated from them.
"""

from __future__ import annotations

from dataclasses import dataclass

REFUSED, ROLLED_BACK = "refused: ValidationError", "ROLLBACK_COMPLETE"
MADE = "CREATE_COMPLETE with It"
NONE, TOLD = "none", "told"
REGISTRY = "as here: the registry's schema has it"


@dataclass(frozen=True, slots=True)
class Row:
    """One outcome that differs."""

    of: str
    """A case of tests/conformance/templates.yaml, or a resource type."""
    what: str
    """Of a type: the property changed, or the attribute asked for. Of a case: the case."""
    there: str
    here: str
    aws: str
    """Which of the two AWS does, and where it says so."""


def _case(name: str, there: str, here: str, aws: str) -> Row:
    return Row(name, name, there, here, f"as here: {aws}")


def _attribute(type_name: str, *names: str) -> tuple[Row, ...]:
    return tuple(Row(type_name, f"attribute {name}", NONE, TOLD, REGISTRY) for name in names)


ROWS: tuple[Row, ...] = (
    _case("no resources", "CREATE_COMPLETE", REFUSED, "Resources is required"),
    _case("a required property is missing", MADE, ROLLED_BACK, "the schema requires it"),
    _case("a property that the type has not", MADE, ROLLED_BACK, "unsupported property"),
    _case("a property that is read-only", MADE, ROLLED_BACK, "the schema says readOnly"),
    _case("a reference to nothing", MADE, REFUSED, "unresolved resource dependencies"),
    _case("an attribute that the type has not", ROLLED_BACK, REFUSED,
          "the template is refused before anything is made"),
    _case("resources that need each other", "CREATE_FAILED", REFUSED, "circular dependency"),
    _case("a macro", MADE, REFUSED, "no transform of that name"),
    _case("IAM without its capability", MADE, "refused: InsufficientCapabilitiesException",
          "IAM resources must be acknowledged"),
    _case("a type that changes", f"{MADE}; then UPDATE_COMPLETE with It", f"{MADE}; then {REFUSED}",
          "update of resource type is not permitted"),
    _case(
        "a named resource that has to be replaced",
        "CREATE_COMPLETE with It, Rule; then UPDATE_COMPLETE with It, Rule",
        "CREATE_COMPLETE with It, Rule; then UPDATE_ROLLBACK_COMPLETE with It, Rule",
        "a custom-named resource cannot be replaced",
    ),
    _case(
        "a creation that fails",
        "CREATE_COMPLETE with Bad, It; then UPDATE_COMPLETE with It",
        f"{ROLLED_BACK}; then {REFUSED}",
        "SNS refuses a topic that is not there, and ROLLBACK_COMPLETE an update",
    ),
    _case("a creation that fails without rollback", "CREATE_COMPLETE with Bad, It",
          "CREATE_FAILED with It", "what was made stays"),
    _case(
        "an update that fails",
        f"{MADE}; then UPDATE_COMPLETE with Bad, It; then UPDATE_COMPLETE with It",
        f"{MADE}; then UPDATE_ROLLBACK_COMPLETE with It; then UPDATE_COMPLETE with It",
        "it rolls back and can be updated again",
    ),
    Row("AWS::CloudWatch::Alarm", "Metrics", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_COMPLETE",
        "as here: alarms take metric math"),
    Row("AWS::Scheduler::Schedule", "GroupName", "UPDATE_COMPLETE, another It", "UPDATE_COMPLETE",
        "as here: the schema has only Name as create-only"),
    Row("AWS::Scheduler::Schedule", "KmsKeyArn", "UPDATE_COMPLETE, another It", "UPDATE_COMPLETE",
        "as here: the schema has only Name as create-only"),
    *_attribute("AWS::CodeBuild::Project", "Id"),
    *_attribute("AWS::EC2::SecurityGroup", "GroupName", "Id"),
    *_attribute("AWS::EC2::VPC", "CidrBlockAssociations"),
    *_attribute("AWS::IAM::ManagedPolicy", "IsAttachable"),
    *_attribute("AWS::S3::Bucket", "DualStackDomainName"),
    *_attribute("AWS::SSM::Parameter", "Name"),
    *_attribute("AWS::Scheduler::ScheduleGroup", "CreationDate", "LastModificationDate", "State"),
)  # fmt: skip
NOT_THERE = frozenset({
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::CodePipeline::Pipeline",
    "AWS::SageMaker::DataQualityJobDefinition",
    "AWS::SageMaker::Endpoint",
    "AWS::SageMaker::EndpointConfig",
    "AWS::SageMaker::Model",
    "AWS::SageMaker::ModelBiasJobDefinition",
    "AWS::SageMaker::ModelCard",
    "AWS::SageMaker::ModelExplainabilityJobDefinition",
    "AWS::SageMaker::ModelPackage",
    "AWS::SageMaker::ModelPackageGroup",
    "AWS::SageMaker::ModelQualityJobDefinition",
    "AWS::SageMaker::MonitoringSchedule",
    "AWS::SageMaker::Pipeline",
    "AWS::SageMaker::Project",
})  # fmt: skip
"""Types that MiniStack has not, or whose sample leans on one it has not."""


def listed(of: str) -> dict[str, tuple[str, str]]:
    """The differences of a case or a type: what → there and here.

    >>> listed("no resources")
    {'no resources': ('CREATE_COMPLETE', 'refused: ValidationError')}
    """
    return {row.what: (row.there, row.here) for row in ROWS if row.of == of}
