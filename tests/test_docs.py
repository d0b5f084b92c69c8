"""The pages keep their word: links lead somewhere, commands take the options they are given.

README's own blocks are run (test_readme.py); a page's commands need data of the reader's.
"""

from __future__ import annotations

import re
import shlex
from importlib import import_module
from pathlib import Path

import click
import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "docs/decisions").glob("*.md")]
)
ELSEWHERE = {
    "monitor": "monitoring.cli",
    "pipelines.labels": "pipelines.labels.__main__",
    "pipelines.retrain": "pipelines.retraining.command",
    "serving": "serving.__main__",
    "serving.feed": "serving.feed_command",
}
"""Commands whose `main` is not in the module they are called by."""
COMMAND = re.compile(r"^(?: {4})?(?:\S*python -m (?:pipelines|serving)[\w.]*|monitor) .*$")
BLOCK = re.compile(r"^```(?:sh|)[\w -]*\n(.*?)^```|((?:^ {4}\S.*\n)+)", re.M | re.S)


def of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def anchors(page: Path) -> set[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


def commands(text: str) -> list[list[str]]:
    """The words of each command in a page's blocks that is one of ours."""
    lines = [
        line
        for block in BLOCK.findall(text)
        for line in re.sub(r"\\\n\s*", " ", "".join(block)).splitlines()
    ]
    return [shlex.split(line, comments=True) for line in lines if COMMAND.match(line)]


def unknown_options(words: list[str]) -> list[str]:
    """The options of a command that it does not take."""
    name, rest = (words[0], words[1:]) if words[0] == "monitor" else (words[2], words[3:])
    command = import_module(ELSEWHERE.get(name, name)).main
    while isinstance(command, click.Group) and rest:
        command, rest = command.commands[rest[0]], rest[1:]
    taken = {each for option in command.params for each in (*option.opts, *option.secondary_opts)}
    given = [word.partition("=")[0] for word in rest if word.startswith("--")]
    return [each for each in given if each not in taken | {"--help"}]


@pytest.mark.parametrize("page", PAGES, ids=of)
def test_every_link_leads_somewhere(page):
    astray = []
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if re.match(r"\w+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            astray.append(target)
    assert not astray


@pytest.mark.parametrize("page", PAGES, ids=of)
def test_every_command_takes_the_options_it_is_shown_with(page):
    shown = commands(page.read_text(encoding="utf-8"))
    wrong = {" ".join(words): unknown_options(words) for words in shown}
    assert not {line: found for line, found in wrong.items() if found}


def test_commands_are_found_and_a_wrong_option_is_seen():
    fenced = "```sh\npython -m pipelines.labels import \\\n  --from a.csv --too b\n```\n"
    shown = f"{fenced}\n    monitor status x\n"
    (labels, status) = commands(shown)
    assert unknown_options(labels) == ["--too"]
    assert not unknown_options(status)
    assert sum(len(commands(page.read_text(encoding="utf-8"))) for page in PAGES) > 15


def test_readme_leads_to_every_page():
    linked = set(re.findall(r"\]\((docs/[\w.-]+\.md)\)", (ROOT / "README.md").read_text()))
    assert {of(page) for page in (ROOT / "docs").glob("*.md")} <= linked
