"""`python -m moto_fixtures`."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from moto_fixtures.__main__ import COMMANDS, MODULES, main


def test_without_a_command_it_says_which_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    told = capsys.readouterr().err
    assert all(name in told for name in COMMANDS)
    assert main(["--help"]) == 0


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_a_module(name: str) -> None:
    assert find_spec(MODULES[name]) is not None
