"""Check: one monitor's question, asked of a candidate before it is registered.

Needs     what check_inputs.py reads; the baseline in force (in_force.py)
Writes    check.json (`passed`, and the reason in a line), calculated/ (a new baseline),
          violations/ where there was a comparison, and baseline/: what the package is to carry

It ends with exit code 0 whenever it could compare, passed or not: the pipeline's Condition step
reads check.json, and its Fail step shows the reason. The same two switches as SageMaker's check
steps: `--skip` compares with nothing, `--register-new` hands the new baseline on.

What a reader may miss: before training there are no answers, so the check of the data leaves
the answers' columns of the baseline in force aside. What an endpoint's monitor is to compare
with has them; `--answers` calculates that one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from monitoring import documents, evaluation
from monitoring.aws.clients import Aws, connect
from monitoring.baselines import merge_bias
from monitoring.documents import CONSTRAINTS, STATISTICS, Documents
from monitoring.excluding import Exclusion
from monitoring.kinds import BIAS, DATA_QUALITY
from monitoring.monitors import monitor_for
from monitoring.report import Outcome, clean
from pipelines import check_inputs, data
from pipelines.baseline import CONFIG_FILE, dataset, suggested
from pipelines.check_inputs import Given, Inputs
from pipelines.in_force import CHECKS, Check, InForce, in_force
from pipelines.script import DIRECTORY, EXISTING_DIRECTORY, one_line_errors
from serving.schema import ANSWER_COLUMNS

RESULT_FILE = "check.json"
CALCULATED, BASELINE, VIOLATIONS = "calculated", "baseline", "violations"
SHOWN, LONGEST_REASON = 3, 400
"""Violations that a reason names; and its characters, as four of them make a failure reason."""


def check(
    aws: Aws,
    asked: Check,
    given: Given,
    output: Path,
    *,
    group: str,
    skip: bool = False,
    register_new: bool = False,
) -> dict[str, Any]:
    """Carry out a check, write its documents to `output`, and return check.json.

    Raises a MonitoringError when it cannot be carried out: no data, a document that is none, …
    """
    needed = not (skip and register_new)
    held = in_force(aws, asked, group, given.supplied) if needed else InForce()
    with TemporaryDirectory() as scratch:
        inputs = check_inputs.write(asked, given, Path(scratch))
        new = calculated(asked, inputs)
        outcome = compared(asked, inputs, held) if held.documents and not skip else None
    documents.publish(new, output / CALCULATED)
    if outcome is not None:
        documents.publish(evaluation.documents_of(outcome), output / VIOLATIONS)
    if not held.missing:
        kept = new if register_new else held.documents
        config = inputs.config if register_new else held.config or inputs.config
        documents.publish(handed_on(asked, given, kept, config), output / BASELINE)
    reason = held.missing or (reason_of(outcome, held.where) if outcome is not None else "")
    result = {
        "check": asked.name,
        "passed": not reason,
        "reason": clean(f"{asked.name}: {reason}", LONGEST_REASON) if reason else "",
        "violations": len(outcome.analysis.findings) if outcome is not None else 0,
        "skipped": skip,
        "registers_new_baseline": register_new,
        "baseline_in_force": held.where,
    }
    data.write_json(output / RESULT_FILE, result)
    return result


def calculated(asked: Check, inputs: Inputs) -> Documents:
    """A new baseline of the table: of bias, the section that is this check's."""
    made = suggested(monitor_for(asked.kind), inputs.table, inputs.told)
    return {
        name: asked.own(document) if name == CONSTRAINTS else document
        for name, document in made.items()
    }


def compared(asked: Check, inputs: Inputs, held: InForce) -> Outcome:
    """The table against the baseline in force."""
    looked_at = dataset(inputs.table)
    if asked.kind == DATA_QUALITY and not inputs.has_answers:
        features = held.documents[CONSTRAINTS].get("features", ())
        answers = {str(each.get("name")) for each in features} & set(ANSWER_COLUMNS)
        looked_at = replace(looked_at, excluded=Exclusion.of(", ".join(sorted(answers))))
    monitor = monitor_for(asked.kind)
    return evaluation.check(monitor, looked_at, held.documents, "corrected", inputs.told)


def reason_of(outcome: Outcome, where: str) -> str:
    """The violations in a line; empty when there are none."""
    findings = outcome.analysis.findings
    if not findings:
        return ""
    named = "; ".join(f"{each.feature}: {each.description}" for each in findings[:SHOWN])
    more = f"; and {len(findings) - SHOWN} more" if len(findings) > SHOWN else ""
    plural = "" if len(findings) == 1 else "s"
    return f"{len(findings)} violation{plural} of {where}: {named}{more}"


def handed_on(
    asked: Check, given: Given, kept: Documents, config: Mapping[str, Any] | None
) -> Documents:
    """What the package is to carry of this check."""
    baseline = {name: kept[name] for name in (CONSTRAINTS, STATISTICS) if name in kept}
    if given.pre_training is not None:
        before = given.pre_training / CONSTRAINTS
        both = [(str(before), documents.read(before)), (asked.name, baseline[CONSTRAINTS])]
        baseline[CONSTRAINTS] = merge_bias(both)
    if config is not None:
        # The hourly monitor of bias looks at whatever its constraints hold.
        dropped = "methods" if asked.kind == BIAS else None
        baseline[CONFIG_FILE] = {key: part for key, part in config.items() if key != dropped}
    return baseline


@click.command()
@click.argument("name", type=click.Choice(list(CHECKS)))
@click.option(
    "--data", "directory", required=True, type=EXISTING_DIRECTORY, help="From preprocess."
)
@click.option("--answers", type=EXISTING_DIRECTORY, help="From the batch transform job.")
@click.option("--model", type=EXISTING_DIRECTORY, help="From train; asked for its reasons.")
@click.option("--pre-training", type=EXISTING_DIRECTORY, help="baseline/ of the check data-bias.")
@click.option("--group", required=True, help="Its newest approved package holds the baseline.")
@click.option("--supplied-constraints", default="", help="S3 URI, in the place of the group's.")
@click.option("--supplied-statistics", default="", help="S3 URI, in the place of the group's.")
@click.option("--skip", type=bool, default=False, show_default=True, help="Compare with nothing.")
@click.option(
    "--register-new", type=bool, default=False, show_default=True, help="Hand the new one on."
)
@click.option("--output", required=True, type=DIRECTORY, help="Directory for the documents.")
@click.option("--profile", help="AWS profile.")
@click.option("--region", help="AWS region.")
@one_line_errors
def main(
    name: str,
    directory: Path,
    answers: Path | None,
    model: Path | None,
    pre_training: Path | None,
    group: str,
    supplied_constraints: str,
    supplied_statistics: str,
    skip: bool,
    register_new: bool,
    output: Path,
    profile: str | None,
    region: str | None,
) -> None:
    """Hold a candidate's data or answers against the baseline in force.

    Exits 0 whenever that was possible; check.json says whether it passed, and why not.

    \b
    Example:
        python -m pipelines.check data-quality --data build/data --group fraud-p-1a2b3c \\
            --output build/checks/data-quality
    """
    supplied = {CONSTRAINTS: supplied_constraints, STATISTICS: supplied_statistics}
    result = check(
        connect(profile, region),
        CHECKS[name],
        Given(directory, answers, model, pre_training, supplied),
        output,
        group=group,
        skip=skip,
        register_new=register_new,
    )
    click.echo(result["reason"] or f"{name}: passed")


if __name__ == "__main__":
    main()
