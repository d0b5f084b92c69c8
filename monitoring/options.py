"""The options and texts of the analyzer's commands, monitor by monitor.

Needs     nothing
Gives     click options; which of them a command has, `commands.py` says

An attribute's option is named as AWS names the attribute, in lower case with dashes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import click

from monitoring.capture import FAULTY_SHARE
from monitoring.documents import CONSTRAINTS
from monitoring.kinds import BIAS, DATA_QUALITY, EXPLAINABILITY, KINDS, MODEL_QUALITY, Kind
from monitoring.monitors.answers import ProblemType
from monitoring.monitors.base import Mode
from monitoring.scripts.process import MEMORY, SECONDS

Decorator = Callable[[Any], Any]

DIRECTORY = click.Path(file_okay=False, path_type=Path)


def attribute(flag: str, text: str) -> Decorator:
    return click.option(flag, default="", metavar="COLUMN|JMESPATH", help=text)


FILE = click.Path(dir_okay=False, path_type=Path)
PREDICTION = attribute("--inference-attribute", "Where the predicted label (or value) is.")
PROBABILITY = attribute("--probability-attribute", "Where the positive class's probability is.")
LABEL = attribute("--ground-truth-attribute", "Where the label is: in a table, or in its JSON.")
FEATURES = attribute("--features-attribute", "JMESPath to the features in a JSON request.")
THRESHOLD = click.option(
    "--probability-threshold",
    "probability_threshold_attribute",
    default="",
    metavar="FROM 0 TO 1",
    help="A probability above it is positive. Default 0.5.",
)
CONFIG = click.option(
    "--config", "analysis_config", required=True, type=FILE, help="Clarify's analysis_config.json."
)
EXCLUDED = click.option(
    "--exclude-features-attribute",
    default="",
    metavar="NAME,NAME",
    help="Columns that are not looked at.",
)
TOLD: dict[Kind, tuple[Decorator, ...]] = {
    DATA_QUALITY: (EXCLUDED,),
    MODEL_QUALITY: (
        click.option(
            "--problem-type",
            type=click.Choice(get_args(ProblemType)),
            help="What the model answers. For a check, the baseline's if not given.",
        ),
        PREDICTION,
        PROBABILITY,
        LABEL,
        THRESHOLD,
        click.option("--positive-label", default="", help="Default 1."),
        click.option("--negative-label", default="", help="Default 0; needed beside a name."),
    ),
    BIAS: (
        CONFIG,
        click.option("--predicted-label", default="", help="Column of the predicted label."),
        PREDICTION,
        PROBABILITY,
        LABEL,
        FEATURES,
        THRESHOLD,
    ),
    EXPLAINABILITY: (
        CONFIG,
        click.option(
            "--model",
            default="",
            help="A saved model's directory, or an endpoint's name; default the predictor of "
            "the configuration.",
        ),
        FEATURES,
    ),
}
"""What each monitor has to be told beside its data."""

SCRIPTS = (
    click.option(
        "--record-preprocessor",
        type=FILE,
        metavar="FILE",
        help="Python file with AWS's preprocess_handler(inference_record): makes the rows.",
    ),
    click.option(
        "--post-analytics-processor",
        type=FILE,
        metavar="FILE",
        help="Python file with AWS's postprocess_handler(): called after the documents.",
    ),
    click.option(
        "--script-seconds",
        default=SECONDS,
        show_default=True,
        help="How long a script may give no answer.",
    ),
    click.option(
        "--script-memory-mb",
        default=MEMORY >> 20,
        show_default=True,
        help="Memory of a script's process.",
    ),
)
SCRIPTED = {kind: () if kind.has_config_file else SCRIPTS for kind in KINDS}
"""Clarify's two monitors know no scripts, and so have no such options."""

TESTS = click.option(
    "--additional-tests",
    type=FILE,
    help="JSON: drift tests beside AWS's checks, with p-values. Give the same file to suggest "
    "and to check. See docs/drift-tests.md.",
)
TESTED = {kind: () if kind == EXPLAINABILITY else (TESTS,) for kind in KINDS}
"""Explainability compares no columns, labels or answers."""

MEASURED: dict[Kind, tuple[Decorator, ...]] = {
    MODEL_QUALITY: (
        click.option(
            "--additional-measures",
            type=FILE,
            help="JSON: calibration, costs, review capacity and segments to measure beside AWS's "
            "metrics. See docs/model-quality.md.",
        ),
        FEATURES,
    ),
}
"""What a check alone has to be told."""

TABLE = (
    click.option(
        "--data", type=click.Path(path_type=Path), help="A table: CSV, .jsonl, .json or .parquet."
    ),
    click.option(
        "--header/--no-header", default=True, show_default=True, help="Whether CSV has names."
    ),
)
OUTPUT = click.option(
    "--output",
    required=True,
    type=DIRECTORY,
    help="Directory for the documents. They appear all together, or not at all.",
)
COMPUTE = (
    click.option(
        "--compute",
        default="local",
        show_default=True,
        type=click.Choice(("local", "spark")),
        help="Where a directory of files is read: on this machine, or on Spark.",
    ),
    click.option(
        "--processes",
        type=click.IntRange(min=1),
        metavar="N",
        help="Read a directory's files with N processes; on Spark, in N parts. Default 1; on "
        "Spark 4 per core.",
    ),
)
MODE = click.option(
    "--mode",
    default="corrected",
    show_default=True,
    type=click.Choice(get_args(Mode)),
    help="compat gives AWS's numbers, its known defects included.",
)
CHECKED = (
    click.option(
        "--capture",
        type=click.Path(path_type=Path),
        help="Captured traffic: a directory of .jsonl files, or one file.",
    ),
    click.option(
        "--faulty-share",
        default=FAULTY_SHARE,
        show_default=True,
        type=click.FloatRange(0, 1),
        help="More captured records than this are faulty: could not evaluate.",
    ),
    click.option("--start", default="", help="Only traffic from this time on (UTC), with --end."),
    click.option("--end", default="", help="Only traffic before this time."),
    click.option(
        "--baseline",
        required=True,
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help=f"Directory with {CONSTRAINTS} and what else was suggested with it.",
    ),
    MODE,
    click.option(
        "--show-values", is_flag=True, help="Print sampled values instead of redacting them."
    ),
)
LABELLED = (
    click.option(
        "--ground-truth",
        type=click.Path(path_type=Path),
        help="Labels of captured traffic: a directory of .jsonl files, or one file.",
    ),
    click.option(
        "--label-coverage",
        default=0.0,
        show_default=True,
        type=click.FloatRange(0, 1),
        help="A smaller labelled share of the traffic: could not evaluate.",
    ),
)
EXAMPLES = {
    DATA_QUALITY: ("--data train.csv", "--capture capture/"),
    MODEL_QUALITY: (
        "--data predictions.csv --problem-type BinaryClassification "
        "--inference-attribute prediction --probability-attribute probability "
        "--ground-truth-attribute label",
        "--capture capture/ --ground-truth labels/ --inference-attribute 0 "
        "--probability-attribute 1",
    ),
    BIAS: (
        "--data table.csv --config analysis_config.json --predicted-label prediction",
        "--capture capture/ --ground-truth labels/ --config analysis_config.json "
        "--inference-attribute 0",
    ),
    EXPLAINABILITY: (
        "--data table.csv --config analysis_config.json --model model/",
        "--capture capture/ --config analysis_config.json --model fraud-staging",
    ),
}
SAYS = {
    DATA_QUALITY: (
        "Statistics and constraints of a data set: what later traffic is held to.\n\n"
        "Put the model's outputs before its inputs, as captured traffic has them.",
        "Types, completeness, domains and distributions against the baseline.",
    ),
    MODEL_QUALITY: (
        "How right the model's answers are, and the thresholds that follow.",
        "Answers against the labels that arrived, and against the baseline's thresholds.",
    ),
    BIAS: (
        "How differently the model and its data treat people, by facet.",
        "Differences between facets against the baseline's.",
    ),
    EXPLAINABILITY: (
        "Which features the model's answers rest on.",
        "The ranking of the features against the baseline's.",
    ),
}
