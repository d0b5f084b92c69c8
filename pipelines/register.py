"""Register: the model and its baselines as a version in SageMaker's Model Registry.

Needs     the directories of `train`, `evaluate` and `baseline`; a bucket; the image that serves
Writes    each file once, under a key made of its sha256; the package group where there is
          none; a model package with `ModelMetrics`, `DriftCheckBaselines` and a model card

The same content is registered once: a second run finds the first one's package and returns
it as it is. So it does not approve it either: `--approval` is of a new package only, and an
approval is changed where it is given (`aws sagemaker update-model-package`).
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
from botocore.exceptions import ClientError

from monitoring import documents
from monitoring.aws.clients import Aws, asking, code_of, connect, is_missing
from monitoring.baselines import MEMBERS
from monitoring.errors import UsageError
from monitoring.kinds import DATA_QUALITY, MODEL_QUALITY, Kind
from pipelines import data, from_mlflow, model_card
from pipelines.__version__ import __version__
from pipelines.baseline import CONFIG_FILE, built
from pipelines.evaluate import EVALUATION_FILE
from pipelines.evaluation import gate
from pipelines.script import DIRECTORY, EXISTING_DIRECTORY, one_line_errors
from pipelines.train import ARCHIVE_FILE
from serving.model import DESCRIPTION_FILE
from serving.payloads import READERS

PENDING = "PendingManualApproval"
APPROVALS = (PENDING, "Approved", "Rejected")
PACKAGE_FILE = "package.json"
CONTENT_TYPES = {"json": "application/json", "gz": "application/gzip", "csv": "text/csv"}
ALREADY_THERE = {"PreconditionFailed", "ConditionalRequestConflict"}


@dataclass(frozen=True, slots=True)
class Build:
    """What the steps made: one model's directories."""

    model: Path
    report: Path
    baseline: Path
    commit: str = ""
    """The git commit it was built from."""
    origin: Mapping[str, str] = field(default_factory=dict)
    """What else the package is to say of where it comes from: CustomerMetadataProperties."""

    @property
    def files(self) -> Mapping[str, Path]:
        """What is uploaded, by name; a baseline's files stand behind their monitor's."""
        baselines = {file for kind in self.monitors for file in sources_of(kind).values()}
        return {
            ARCHIVE_FILE: self.model / ARCHIVE_FILE,
            EVALUATION_FILE: self.report / EVALUATION_FILE,
            **{file: self.baseline / file for file in sorted(baselines)},
        }

    @property
    def monitors(self) -> tuple[Kind, ...]:
        """Those that have a baseline; data quality must."""
        return tuple(dict.fromkeys((DATA_QUALITY, *built(self.baseline))))

    def description(self) -> Mapping[str, Any]:
        """`model.json`, as the model's directory has it."""
        found: Mapping[str, Any] = json.loads(self._read(self.model / DESCRIPTION_FILE))
        return found

    def evaluation(self) -> Mapping[str, Any]:
        """`evaluation.json`, as the report's directory has it."""
        found: Mapping[str, Any] = json.loads(self._read(self.report / EVALUATION_FILE))
        return found

    def metadata(self) -> dict[str, str]:
        """What the model was made of, as CustomerMetadataProperties."""
        description = self.description()
        schema = json.dumps(description["schema"], sort_keys=True)
        known = {
            "data_sha256": description["data_sha256"],
            "feature_schema_sha256": hashlib.sha256(schema.encode()).hexdigest(),
            "model_version": description["version"],
            "build_version": __version__,
            "git_commit": self.commit,
            **self.origin,
        }
        return {name: value for name, value in known.items() if value}

    def contents(self) -> Mapping[str, bytes]:
        """The bytes of each file; UsageError names the first that is not there."""
        return {name: self._read(path) for name, path in self.files.items()}

    @staticmethod
    def _read(path: Path) -> bytes:
        try:
            return path.read_bytes()
        except OSError as error:
            raise UsageError(
                f"{path}: cannot be read ({error.strerror}), and a package needs it; "
                "run the step that writes it first"
            ) from error


@dataclass(frozen=True, slots=True)
class Registered:
    """A version in the registry."""

    arn: str
    approval: str
    is_new: bool


def register(
    aws: Aws,
    build: Build,
    *,
    bucket: str,
    group: str,
    image: str,
    prefix: str = "models",
    approval: str = PENDING,
) -> Registered:
    """Register a build in a package group, or find where it already is.

    Raises UsageError for a file that is missing, GateError for a model that does not keep its
    limits, and AwsError for a call that is refused. Nothing is written before the gate is asked.
    """
    description, contents = build.description(), build.contents()
    gate.require(contents[EVALUATION_FILE], build.report / EVALUATION_FILE)
    account = _ensure_group(aws, group, str(description["name"]))
    sources = {
        name: upload(aws, bucket, f"{prefix}/{description['name']}", account, name, content)
        for name, content in contents.items()
    }
    specification = _specification(sources, image, build.monitors)
    digest = _digest(specification)
    existing = _find(aws, group, digest)
    if existing is not None:
        return existing
    metadata = {"content_sha256": digest, **build.metadata()}
    artifact = sources[ARCHIVE_FILE]["S3Uri"]
    with asking("sagemaker:CreateModelPackage", group):
        created = aws.sagemaker.create_model_package(
            ModelPackageGroupName=group,
            ModelPackageDescription=_title(description, digest),
            ModelApprovalStatus=approval,
            CustomerMetadataProperties=metadata,
            ModelCard={
                "ModelCardContent": model_card.content(
                    description, build.evaluation(), artifact, metadata
                ),
                "ModelCardStatus": model_card.STATUS,
            },
            **specification,
        )
    return Registered(created["ModelPackageArn"], approval, is_new=True)


def _ensure_group(aws: Aws, group: str, name: str) -> str:
    """Create the package group unless it exists. Returns the account it is in."""
    with asking("sagemaker:DescribeModelPackageGroup", group):
        try:
            found = aws.sagemaker.describe_model_package_group(ModelPackageGroupName=group)
        except ClientError as error:
            if not is_missing(error):
                raise
            found = None
    if found is None:
        with asking("sagemaker:CreateModelPackageGroup", group):
            found = aws.sagemaker.create_model_package_group(
                ModelPackageGroupName=group,
                ModelPackageGroupDescription=f"Versions of the model {name}",
            )
    return str(found["ModelPackageGroupArn"]).split(":")[4]


def upload(
    aws: Aws, bucket: str, prefix: str, account: str, name: str, content: bytes
) -> dict[str, str]:
    """Put one file under a key made of its content, unless it is there already."""
    sha256 = hashlib.sha256(content).hexdigest()
    key = f"{prefix}/{sha256}/{name.rpartition('/')[2]}"
    uri = f"s3://{bucket}/{key}"
    kind = CONTENT_TYPES[name.rpartition(".")[2]]
    with asking("s3:PutObject", uri):
        try:
            aws.s3.put_object(
                Bucket=bucket,
                Key=key,
                Body=content,
                ContentType=kind,
                ExpectedBucketOwner=account,
                IfNoneMatch="*",
            )
        except ClientError as error:
            if code_of(error) not in ALREADY_THERE:
                raise
    return {"S3Uri": uri, "ContentType": kind, "ContentDigest": f"sha256:{sha256}"}


def sources_of(kind: Kind) -> Mapping[str, str]:
    """The members of a monitor's `DriftCheckBaselines`, and the file of its baseline for each.

    Both bias constraints are one file, with a section for either; rendering merges them.

    >>> from monitoring.kinds import EXPLAINABILITY
    >>> sources_of(EXPLAINABILITY)  # doctest: +NORMALIZE_WHITESPACE
    {'ConfigFile': 'model-explainability/analysis_config.json',
     'Constraints': 'model-explainability/constraints.json'}
    """
    special = {"ConfigFile": CONFIG_FILE, "Statistics": documents.STATISTICS}
    return {
        member: f"{kind.slug}/{special.get(member, documents.CONSTRAINTS)}"
        for member in MEMBERS[kind.drift_check]
    }


def _specification(
    sources: Mapping[str, Mapping[str, str]], image: str, monitors: Iterable[Kind]
) -> dict[str, Any]:
    """The members of CreateModelPackage that make the package what it is."""
    drift = {
        kind.drift_check: {member: sources[file] for member, file in sources_of(kind).items()}
        for kind in monitors
    }
    metrics = {
        monitor: {
            twin: held[member] for member, twin in MEMBERS[monitor].items() if twin is not None
        }
        for monitor, held in drift.items()
    }
    metrics.setdefault(MODEL_QUALITY.drift_check, {})["Statistics"] = sources[EVALUATION_FILE]
    return {
        "InferenceSpecification": {
            "Containers": [{"Image": image, "ModelDataUrl": sources[ARCHIVE_FILE]["S3Uri"]}],
            "SupportedContentTypes": list(READERS),
            "SupportedResponseMIMETypes": list(READERS),
        },
        "ModelMetrics": metrics,
        "DriftCheckBaselines": drift,
    }


def _digest(specification: Mapping[str, Any]) -> str:
    """The sha256 of what a package is made of: its URIs hold their content's digests."""
    return hashlib.sha256(json.dumps(specification, sort_keys=True).encode()).hexdigest()


def _title(description: Mapping[str, Any], digest: str) -> str:
    """The package's description; it ends with the digest, so a listing alone can find it."""
    return f"{description['name']} version {description['version']}, content {digest}"


def _find(aws: Aws, group: str, digest: str) -> Registered | None:
    """The package of this content, the newest first, among those that are usable."""
    with asking("sagemaker:ListModelPackages", group):
        pages = aws.sagemaker.get_paginator("list_model_packages").paginate(
            ModelPackageGroupName=group, SortBy="CreationTime", SortOrder="Descending"
        )
        for page in pages:
            for package in page["ModelPackageSummaryList"]:
                same = package.get("ModelPackageDescription", "").endswith(f"content {digest}")
                if same and package["ModelPackageStatus"] != "Failed":
                    return Registered(
                        package["ModelPackageArn"], package["ModelApprovalStatus"], is_new=False
                    )
    return None


def commit_of(directory: Path) -> str:
    """The commit checked out in a directory, `-dirty` behind it when files differ; or nothing."""
    try:
        found = subprocess.run(
            ["git", "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty"],  # noqa: S607
            cwd=directory,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return found.stdout.strip()


@click.command()
@click.option("--model", type=EXISTING_DIRECTORY, help="From train.")
@click.option("--report", type=EXISTING_DIRECTORY, help="From evaluate.")
@click.option("--baseline", type=EXISTING_DIRECTORY, help="From baseline.")
@click.option("--from-mlflow", "uri", help="runs:/… of a logged scikit-learn model, instead.")
@click.option("--data", "rows", type=EXISTING_DIRECTORY, help="From preprocess; of --from-mlflow.")
@click.option("--trust-pickle", is_flag=True, help="Load a pickle: it runs whatever is in it.")
@click.option("--bucket", required=True, help="Where the files go.")
@click.option("--prefix", default="models", show_default=True, help="In front of their keys.")
@click.option("--group", required=True, help="The model package group; made if need be.")
@click.option("--image-uri", required=True, help="The container image that serves the model.")
@click.option(
    "--approval",
    default=PENDING,
    show_default=True,
    type=click.Choice(APPROVALS),
    help="ModelApprovalStatus of a new package.",
)
@click.option("--commit", help="The git commit of the code, where this is no checkout.")
@click.option("--execution", default="", help="ARN of the pipeline execution that built it.")
@click.option("--output", type=DIRECTORY, help="Directory for package.json, which names it.")
@click.option("--profile", help="AWS profile.")
@click.option("--region", help="AWS region.")
@one_line_errors
def main(
    model: Path | None,
    report: Path | None,
    baseline: Path | None,
    uri: str | None,
    rows: Path | None,
    trust_pickle: bool,
    bucket: str,
    prefix: str,
    group: str,
    image_uri: str,
    approval: str,
    commit: str | None,
    execution: str,
    output: Path | None,
    profile: str | None,
    region: str | None,
) -> None:
    """Register a model with its baselines.

    Prints the package's ARN. Exits 1 when AWS refuses, 2 when a file is missing. With
    --from-mlflow the report and the baselines are made here, from the rows in --data.

    \b
    Example:
        python -m pipelines.register --model build/model --report build/report \\
            --baseline build/baseline --bucket my-models --group fraud-p-1a2b3c \\
            --image-uri 111122223333.dkr.ecr.eu-west-1.amazonaws.com/serving:1.0
    """
    with TemporaryDirectory() as made:
        origin = {"pipeline_execution": execution}
        if uri and rows and not (model or report or baseline):
            model, report, baseline = from_mlflow.build(uri, rows, Path(made), trust_pickle)
            origin["mlflow_model"] = uri
        if not (model and report and baseline) or bool(rows) != bool(uri):
            raise click.UsageError(
                "give --model, --report and --baseline, or --from-mlflow with --data"
            )
        registered = register(
            connect(profile, region),
            Build(model, report, baseline, commit or commit_of(Path.cwd()), origin),
            bucket=bucket,
            prefix=prefix,
            group=group,
            image=image_uri,
            approval=approval,
        )
    if output is not None:
        output.mkdir(parents=True, exist_ok=True)
        data.write_json(output / PACKAGE_FILE, asdict(registered))
    click.echo(registered.arn)
    state = "registered" if registered.is_new else "was registered before, and is unchanged"
    click.echo(f"{state}; {registered.approval}", err=True)


if __name__ == "__main__":
    main()
