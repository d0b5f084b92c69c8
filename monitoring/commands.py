"""`monitor suggest …` and `monitor check …`: the same two verbs for every monitor.

Needs     files: a table or captured traffic, labels, a baseline's documents; a model
Writes    the monitor's documents into --output; sentences to stdout

A monitor's command has the options of what the monitor has to be told, and no others: a
--ground-truth that data quality would ignore is refused, not ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from monitoring import report
from monitoring.aws import storage
from monitoring.aws.clients import connect
from monitoring.capture import Reading, Window
from monitoring.compute.gathering import ONE_PASS, Engine, Progress, gathered, silent
from monitoring.compute.processes import Processes
from monitoring.compute.spark import Spark
from monitoring.datasets import CAPTURED, Dataset
from monitoring.documents import CONSTRAINTS, STATISTICS, publish, read
from monitoring.errors import VIOLATIONS_FOUND, UsageError
from monitoring.evaluation import check, documents_of, mode_named, read_baseline, suggest
from monitoring.excluding import Exclusion
from monitoring.instructions import Given, Instructions, instructions
from monitoring.kinds import BIAS, EXPLAINABILITY, KINDS, MODEL_QUALITY, Kind
from monitoring.measures.attribution import Predict
from monitoring.monitors import monitor_for
from monitoring.monitors.drift_baseline import ADDITIONAL_BASELINE
from monitoring.monitors.drift_test_settings import DriftTests
from monitoring.monitors.explainability_settings import ExplainabilityConfig
from monitoring.monitors.quality_documents import read_constraints
from monitoring.monitors.quality_extras_settings import Extras
from monitoring.options import (
    CHECKED,
    COMPUTE,
    EXAMPLES,
    LABELLED,
    MEASURED,
    MODE,
    OUTPUT,
    SAYS,
    SCRIPTED,
    TABLE,
    TESTED,
    TOLD,
    Decorator,
)
from monitoring.predictors import opened
from monitoring.scripts.postprocessing import postprocess
from monitoring.scripts.process import MEMORY, SECONDS, Limits, Script

EXIT_CODES = """\b
Exit codes:
    0  clean
    1  error, or could not evaluate (no data, no labels yet, a faulty baseline)
    2  wrong usage, or a constraint that somebody set wrong
    3  violations found"""

SHORT_NAMES = {BIAS: "bias", EXPLAINABILITY: "explainability"}
"""On the command line; the slug is understood too."""


class Verb(click.Group):
    """`suggest` or `check`, with one command per monitor."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        for kind in KINDS:
            if cmd_name in (kind.slug, command_name(kind)):
                return super().get_command(ctx, command_name(kind))
        return super().get_command(ctx, cmd_name)


def command_name(kind: Kind) -> str:
    """What a monitor is called on the command line.

    >>> command_name(BIAS), command_name(MODEL_QUALITY)
    ('bias', 'model-quality')
    """
    return SHORT_NAMES.get(kind, kind.slug)


@click.group("suggest", cls=Verb, epilog=EXIT_CODES)
def suggest_group() -> None:
    """Make a baseline from data the model was approved on.

    \b
    Example:
        monitor suggest data-quality --data train.csv --output baseline/
    """


@click.group("check", cls=Verb, epilog=EXIT_CODES)
def check_group() -> None:
    """Compare data with a baseline.

    \b
    Example:
        monitor check data-quality --capture capture/ --baseline baseline/ --output run/
    """


def decorated(kind: Kind, verb: str, run: Callable[..., None]) -> click.Command:
    """One monitor's command under one verb."""
    if verb == "suggest":
        told = (*TOLD[kind], *TESTED[kind], *SCRIPTED[kind])
        options: tuple[Decorator, ...] = (*TABLE, *COMPUTE, MODE, *told, OUTPUT)
    else:
        labelled = LABELLED if kind.needs_labels else ()
        told = (*TOLD[kind], *MEASURED.get(kind, ()), *TESTED[kind], *SCRIPTED[kind])
        options = (*TABLE, *CHECKED, *labelled, *COMPUTE, *told, OUTPUT)
    for option in reversed(options):
        run = option(run)
    at = ("suggest", "check").index(verb)
    tail = "" if verb == "suggest" else " --baseline baseline/"
    line = f"monitor {verb} {command_name(kind)} {EXAMPLES[kind][at]}{tail} --output DIR"
    text = f"{SAYS[kind][at]}\n\n\b\nExample:\n    {line}"
    return click.command(command_name(kind), help=text, epilog=EXIT_CODES)(run)


def suggesting(kind: Kind) -> click.Command:
    """`monitor suggest KIND`."""

    def run(data: Path | None, header: bool, output: Path, mode: str, **told: Any) -> None:
        if data is None:
            raise UsageError("give --data FILE, the table to describe.")
        preprocessor, postprocessor = scripts_in(told)
        dataset = replace(table(data, header), preprocessor=preprocessor, excluded=excluded(told))
        engine = engine_in(told)
        with working("describing the data") as progress:
            to_do = instructed(kind, dataset, told)
            documents = suggest(
                monitor_for(kind),
                dataset,
                to_do,
                mode=mode_named(mode),
                on_reading=said,
                gather=partial(gathered, engine=engine, progress=progress),
            )
        for path in publish(documents, output):
            click.echo(path)
        if postprocessor is not None:
            postprocess(postprocessor)

    return decorated(kind, "suggest", run)


def checking(kind: Kind) -> click.Command:
    """`monitor check KIND`."""

    @click.pass_context
    def run(
        ctx: click.Context,
        /,
        output: Path,
        baseline: Path,
        mode: str,
        show_values: bool,
        **told: Any,
    ) -> None:
        if output.resolve() == baseline.resolve():
            raise UsageError(
                "--output is the baseline's directory; its constraints would be overwritten by "
                "those suggested for this data. Name another directory."
            )
        preprocessor, postprocessor = scripts_in(told)
        dataset = checked_data(told)
        dataset = replace(dataset, preprocessor=preprocessor, excluded=excluded(told))
        documents = baseline_in(baseline)
        if kind == MODEL_QUALITY and not told["problem_type"]:
            told["problem_type"] = next(iter(read_constraints(documents[CONSTRAINTS])))
        engine = engine_in(told)
        with working("checking the data") as progress:
            to_do = instructed(kind, dataset, told)
            gather = partial(gathered, engine=engine, progress=progress)
            outcome = check(monitor_for(kind), dataset, documents, mode_named(mode), to_do, gather)
            publish(documents_of(outcome), output)
        for sentence in report.sentences(outcome, show_values):
            click.echo(sentence)
        click.echo(f"documents in {output}")
        if postprocessor is not None:
            postprocess(postprocessor)
        ctx.exit(VIOLATIONS_FOUND if outcome.analysis.findings else 0)

    return decorated(kind, "check", run)


def checked_data(told: dict[str, Any]) -> Dataset:
    """What is checked; takes the options that say so out of `told`."""
    data, header, capture = told.pop("data"), told.pop("header"), told.pop("capture")
    labels, coverage = told.pop("ground_truth", None), told.pop("label_coverage", 0.0)
    start, end, faulty_share = told.pop("start"), told.pop("end"), told.pop("faulty_share")
    if (data is None) == (capture is None):
        raise UsageError("give either --data FILE or --capture DIR, to say what is checked.")
    if data is not None:
        if labels is not None:
            raise UsageError("--ground-truth labels --capture; a table has its label in a column.")
        return table(data, header)
    if labels is not None and not labels.exists():
        raise UsageError(f"--ground-truth {labels}: does not exist; check the path.")
    window = Window.parse(start, end) if start or end else None
    return Dataset(capture, CAPTURED, {}, window, faulty_share, labels, coverage)


def said(reading: Reading[Any]) -> None:
    """The records that are in no baseline, on stderr."""
    for problem in reading.problems:
        click.echo(f"skipped: {report.clean(str(problem))}", err=True)


def scripts_in(told: dict[str, Any]) -> tuple[Script | None, Script | None]:
    """The scripts before and after; takes the options that say so out of `told`."""
    paths = told.pop("record_preprocessor", None), told.pop("post_analytics_processor", None)
    seconds = told.pop("script_seconds", SECONDS)
    limits = Limits(seconds, told.pop("script_memory_mb", MEMORY >> 20) << 20)
    before, after = (None if path is None else Script(path, limits) for path in paths)
    return before, after


def excluded(told: dict[str, Any]) -> Exclusion | None:
    """Columns to leave out; takes the option that says so out of `told`."""
    return Exclusion.of(told.pop("exclude_features_attribute", ""))


def instructed(kind: Kind, dataset: Dataset, told: dict[str, Any]) -> Instructions:
    """The instructions in a command's options."""
    predicted = told.pop("predicted_label", "")
    model = told.pop("model", "")
    config = told.pop("analysis_config", None)
    measures = told.pop("additional_measures", None)
    tests = told.pop("additional_tests", None)
    given = Given(
        **{name: text or "" for name, text in told.items()},
        analysis_config=config,
        extras=Extras.of(read(measures), measures.name) if measures else None,
        drift_tests=DriftTests.of(read(tests), tests.name) if tests else None,
    )
    if predicted:
        given = replace(given, inference_attribute=predicted)
    return instructions(
        kind,
        given,
        is_table=dataset.is_table,
        model=partial(model_named, model),
        fetch=fetched,
    )


def engine_in(told: dict[str, Any]) -> Engine:
    """What reads the data; takes the options that say so out of `told`."""
    compute, processes = told.pop("compute"), told.pop("processes")
    if compute == "spark":
        return Spark.started(processes)
    return ONE_PASS if processes in (None, 1) else Processes(processes)


def fetched(uri: str, path: Path) -> None:
    """A file in S3, brought here."""
    storage.download(connect().s3, uri, path)


def model_named(name: str, config: ExplainabilityConfig) -> AbstractContextManager[Predict]:
    """The model to ask: in a directory, at an endpoint, or the configuration's own."""
    if name and Path(name).is_dir():
        try:
            from serving.probabilities import probabilities
        except ModuleNotFoundError as error:
            raise UsageError(
                f"--model {name}: a saved model is loaded by serving/, and here {error.name!r} is "
                "not installed. Run `python -m monitoring` in the repository, or name an endpoint."
            ) from None
        return nullcontext(probabilities(Path(name), config.features))
    predictor = config.predictor
    if name:
        predictor = replace(predictor, endpoint_name=name, model_name="")
    return opened(predictor, connect())


def table(path: Path, header: bool) -> Dataset:
    """A table on disk, told apart by its suffix."""
    formats = {".parquet": "parquet", ".jsonl": "json", ".json": "json"}
    options = {"header": header, "line": path.suffix != ".json"}
    return Dataset(path, formats.get(path.suffix, "csv"), options)


def baseline_in(directory: Path) -> dict[str, Any]:
    """The documents of a baseline; some may be absent, and what needs them with them."""
    files = {CONSTRAINTS: directory / CONSTRAINTS}
    for name in (STATISTICS, ADDITIONAL_BASELINE):
        if (directory / name).exists():
            files[name] = directory / name
    return dict(read_baseline(files))


@contextmanager
def working(doing: str) -> Iterator[Progress]:
    """A sign of life on a terminal, and how far it is; nothing in a pipe or a log."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield silent
        return
    with console.status(doing) as status:
        yield lambda done, parts: status.update(f"{doing}: {done} of {parts} parts")


for _kind in KINDS:
    suggest_group.add_command(suggesting(_kind))
    check_group.add_command(checking(_kind))
