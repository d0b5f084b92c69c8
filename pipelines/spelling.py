"""A setting of a file that nobody knows: said with the one that was probably meant.

Needs     the name, and those there are
Gives     a sentence for an error's list of problems
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence


def no_setting(name: str, known: Sequence[str]) -> str:
    """
    >>> no_setting("cooldown", ("cooldown_days", "drift"))
    'cooldown is no setting; did you mean cooldown_days?'
    >>> no_setting("x", ("cooldown_days", "drift"))
    'x is no setting; there are cooldown_days, drift'
    """
    near = difflib.get_close_matches(name, known, 1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
    return f"{name} is no setting; {hint}"
