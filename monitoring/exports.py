"""Exports: what a render is written to, and what is said about it.

Needs     each stage's files and what was rendered for it
Writes    `*-export.json` and, beside each, `*-export.args`; all of them or none

The one thing a reader gets wrong: the order. An endpoint's stack comes before its monitors',
because a monitoring schedule is refused while its endpoint does not exist.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from monitoring import config
from monitoring.arguments import StageFiles
from monitoring.aws.rendering import Rendered
from monitoring.config import StageConfig
from monitoring.errors import ConfigError
from monitoring.kinds import KINDS

DEPLOY = (
    "xargs aws cloudformation deploy --template-file {template} --stack-name {stack} "
    "--no-fail-on-empty-changeset{options} < {arguments}"
)
SELF_HOSTED_TEMPLATE = "self-hosted-template.yml"
CAPABILITIES = " --capabilities CAPABILITY_IAM"
"""It makes the role that Scheduler starts the jobs with."""


@dataclass(frozen=True, slots=True)
class Export:
    """One stack's configuration, and where it is written."""

    path: Path
    config: StageConfig
    template: str
    stack: str
    beside: str = ""
    """The stack of the self-hosted engine, which is given the same; empty where there is none."""

    @property
    def arguments(self) -> Path:
        """The same for `xargs`, since version 1 of the AWS CLI reads no file here."""
        return Path(f"{str(self.path).removesuffix('.json')}.args")

    @property
    def text(self) -> str:
        return json.dumps(self.config.to_dict(), indent=2, ensure_ascii=False) + "\n"

    @property
    def command(self) -> str:
        """What deploys it, with either version of the AWS CLI."""
        return self._command(self.template, self.stack)

    @property
    def commands(self) -> tuple[str, ...]:
        """The same, and after it what deploys the self-hosted engine beside it."""
        if not self.beside:
            return (self.command,)
        return self.command, self._command(SELF_HOSTED_TEMPLATE, self.beside, CAPABILITIES)

    def _command(self, template: str, stack: str, options: str = "") -> str:
        arguments = shlex.quote(str(self.arguments))
        return DEPLOY.format(template=template, stack=stack, options=options, arguments=arguments)

    def changes(self) -> tuple[str, ...]:
        """What differs from the export that is there now."""
        try:
            there = config.parse(self.path.read_text(encoding="utf-8"))
            before = StageConfig(there["Parameters"], there.get("Tags", {}))
        except (OSError, ValueError, KeyError, TypeError):
            before = None
        return config.changes(before, self.config)


def exports(files: StageFiles, rendered: Rendered) -> tuple[Export, ...]:
    """A stage's exports, in the order in which they are deployed."""
    stacks = f"{rendered.monitors.get('SageMakerProjectName')}-{files.stage}"
    monitors = Export(
        files.monitors_export,
        rendered.monitors,
        "model-monitor-template.yml",
        f"{stacks}-monitors",
        f"{stacks}-self-hosted" if rendered.monitors.is_self_hosted else "",
    )
    if rendered.endpoint is None:
        return (monitors,)
    endpoint = Export(
        files.endpoint_export, rendered.endpoint, "endpoint-template.yml", f"{stacks}-endpoint"
    )
    return endpoint, monitors


def texts(all_exports: Iterable[Export]) -> dict[Path, str]:
    """Every file to write, with its content. Raises ConfigError when two want one path."""
    found: dict[Path, str] = {}
    for export in all_exports:
        for path, text in (
            (export.path, export.text),
            (export.arguments, export.config.to_arguments()),
        ):
            if path in found:
                raise ConfigError(f"{path}: would be written twice; name another export file")
            found[path] = text
    return found


Results = dict[str, tuple[Rendered, tuple[Export, ...]]]
"""Stage → what was rendered, and its exports."""


def as_json(results: Results, dry_run: bool) -> str:
    """The result for a program: `--output json`."""
    stages = {
        stage: {
            **rendered.to_dict(),
            "exports": [
                {
                    "file": str(export.path),
                    "arguments": str(export.arguments),
                    "stack": export.stack,
                    "template": export.template,
                    "changes": list(export.changes()) if dry_run else None,
                }
                for export in done
            ],
        }
        for stage, (rendered, done) in results.items()
    }
    return json.dumps({"dry_run": dry_run, "stages": stages}, indent=2, ensure_ascii=False)


def as_text(results: Results, dry_run: bool) -> str:
    """The result for a person: what was chosen, what will run and why not, what to type next."""
    lines: list[str] = []
    for stage, (rendered, done) in results.items():
        lines += [
            f"{stage}: endpoint {rendered.served.endpoint}, model {rendered.served.model_name}",
            f"  from {rendered.served.package}",
            *_monitor_lines(rendered),
        ]
        for export in done:
            lines += _dry_lines(export) if dry_run else [f"  wrote {export.path}"]
    if not dry_run:
        written = [export for _, done in results.values() for export in done]
        lines += ["next:", *(f"  {line}" for export in written for line in export.commands)]
    return "\n".join(lines)


def _monitor_lines(rendered: Rendered) -> Iterator[str]:
    for kind in KINDS:
        why = rendered.monitors.why_off(kind)
        yield f"  {kind.title:<16} {'on' if why is None else f'off: {why}'}"


def _dry_lines(export: Export) -> Iterator[str]:
    changes = export.changes()
    yield f"  {export.path} " + ("would change:" if changes else "would stay as it is")
    yield from (f"    {line}" for line in changes)
