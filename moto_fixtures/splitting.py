"""How requests are split by weight: always the same way, and exact at every length.

AWS draws by lot. Here each request goes to the choice that is furthest behind its share, so
after any number of requests no choice is a whole request away from what its weight says, and
the same traffic meets the same models on every run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Split:
    """The choices so far."""

    _credit: dict[str, float] = field(default_factory=dict)

    def pick(self, weights: Mapping[str, float]) -> str:
        """The next choice; weights may change between any two.

        Raises:
            ValueError: no weight is above zero.

        >>> split = Split()
        >>> "".join(split.pick({"a": 3, "b": 1}) for _ in range(8))
        'aabaaaba'
        """
        total = sum(weights.values())
        if total <= 0:
            raise ValueError(f"no weight of {', '.join(weights) or 'nothing'} is above zero")
        credit = {name: self._credit.get(name, 0.0) + share for name, share in weights.items()}
        chosen = max((name for name in weights if weights[name] > 0), key=credit.__getitem__)
        credit[chosen] -= total
        self._credit = credit
        return chosen
