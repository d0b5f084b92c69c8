"""moto's backends as bytes: pickle, with what it cannot do by itself.

Needs     backends that nobody changes meanwhile
Gives     bytes, and the same backends from them

What pickle lacks: locks and events (made anew), private keys (as PKCS#8), functions written
inside others (found again in the code of those), weak dictionaries, and dictionaries of moto's
that show less than they hold (S3's versions) or ask for more to be made. A pickle runs code
when it is read: read only what this process's owner wrote (state.py sees to that).
"""

from __future__ import annotations

import io
import pickle
import threading
import types
import weakref
from collections import defaultdict
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

_LOCK, _RLOCK = type(threading.Lock()), type(threading.RLock())
Reduced = tuple[Callable[..., Any], tuple[Any, ...]]


class UnpicklableError(Exception):
    """Something in the state cannot be written; the message names it."""


def dumps(value: Any) -> bytes:
    """A value as bytes.

    Raises UnpicklableError.
    """
    made = io.BytesIO()
    try:
        _Pickler(made, protocol=5).dump(value)
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        raise UnpicklableError(str(error)) from error
    return made.getvalue()


def loads(data: bytes) -> Any:
    """The value again.

    >>> loads(dumps({"lock": threading.Lock()}))["lock"].locked()
    False
    """
    return pickle.loads(data)  # noqa: S301 (state.py reads only what its owner alone can write)


class _Pickler(pickle.Pickler):
    def reducer_override(self, value: Any) -> Any:
        """How to make a value again, where pickle does not know."""
        if isinstance(value, _LOCK):
            return threading.Lock, ()
        if isinstance(value, _RLOCK):
            return threading.RLock, ()
        if isinstance(value, threading.Condition):
            return threading.Condition, ()
        if isinstance(value, threading.Event):
            return _event, (value.is_set(),)
        if isinstance(value, weakref.WeakValueDictionary):
            return weakref.WeakValueDictionary, (dict(value.items()),)
        if isinstance(value, dict) and type(value).__module__.startswith(("moto.", "moto_")):
            factory = getattr(value, "default_factory", None)
            kept = (factory, dict(dict.items(value)), vars(value))
            return _empty, (type(value),), kept, None, None, _fill
        if isinstance(value, types.FunctionType) and "<" in value.__qualname__:
            return _reduce_function(value)
        if hasattr(value, "private_bytes") and hasattr(value, "private_numbers"):
            der = value.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
            return _private_key, (der,)
        return NotImplemented


def _event(is_set: bool) -> threading.Event:
    made = threading.Event()
    if is_set:
        made.set()
    return made


def _empty(kind: type) -> Any:
    """Of a class whose own constructor asks for more than pickle has."""
    return kind.__new__(kind)


def _fill(made: Any, kept: tuple[Any, dict[Any, Any], dict[str, Any]]) -> None:
    factory, items, attributes = kept
    if isinstance(made, defaultdict):
        made.default_factory = factory
    dict.update(made, items)
    vars(made).update(attributes)


def _private_key(der: bytes) -> PrivateKeyTypes:
    return load_der_private_key(der, None)


def _reduce_function(function: types.FunctionType) -> Reduced:
    code = function.__code__
    closed_over = tuple(cell.cell_contents for cell in function.__closure__ or ())
    where = (function.__module__, code.co_qualname, code.co_firstlineno)
    return _function, (*where, function.__defaults__, closed_over)


def _function(
    module: str,
    name: str,
    line: int,
    defaults: tuple[Any, ...] | None,
    closed_over: tuple[Any, ...],
) -> types.FunctionType:
    """A function written inside another, from the code of the module that holds it."""
    home = import_module(module)
    outer: Any = home
    for part in name.partition(".<locals>")[0].split("."):
        outer = getattr(outer, part)
    for code in _codes(outer):
        if (code.co_qualname, code.co_firstlineno) == (name, line):
            cells = tuple(types.CellType(value) for value in closed_over)
            return types.FunctionType(code, vars(home), code.co_name, defaults, cells)
    raise LookupError(f"{module}: {name} is not in its code")


def _codes(outer: Any) -> Iterator[types.CodeType]:
    """A function's code and all that is written inside it."""
    waiting = [getattr(outer, "__wrapped__", outer).__code__]
    while waiting:
        code = waiting.pop()
        yield code
        waiting += [one for one in code.co_consts if isinstance(one, types.CodeType)]
