"""A partial → a file, and back: what one host of a job leaves for the conclusion.

Needs     values made of numbers, text, containers, arrays, and objects of this package
Writes    a zip: state.json (the structure), and each array beside it as .npy or Arrow

Not pickle: reading a pickle runs what it says, and the file comes from storage. Reading this
one calls nothing but what makes empty objects of `monitoring`'s own classes and fills them.
"""

from __future__ import annotations

import importlib
import io
import json
import math
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from monitoring.errors import DocumentError

VERSION = 1
"""Of the format. A file of another version is refused, not guessed at."""
STRUCTURE = "state.json"
MOST_BYTES = 8 << 30
"""Unpacked. A state of 300 columns is about 10 MB; a classifier's scores are nine bytes a row."""
OURS = tuple(f"monitoring.{name}." for name in ("capture", "compute", "measures", "monitors"))
"""Packages whose classes may be in a file."""


def save(value: Any, path: Path) -> None:
    """Write a value; the file appears whole or not at all.

    Raises TypeError for a value that the format has no form for: a defect, not an input.
    """
    writer = _Writer()
    structure = {"version": VERSION, "value": writer.encoded(value)}
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.new")
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        packed.writestr(STRUCTURE, json.dumps(structure, allow_nan=False))
        for name, content in writer.arrays.items():
            packed.writestr(name, content)
    draft.replace(path)


def load(path: Path) -> Any:
    """The value in a file; raises DocumentError when it is none, or of another version."""
    try:
        with zipfile.ZipFile(path) as packed:
            if sum(member.file_size for member in packed.infolist()) > MOST_BYTES:
                raise ValueError(f"unpacks to more than {MOST_BYTES >> 30} GiB")
            structure = json.loads(packed.read(STRUCTURE))
            if structure.get("version") != VERSION:
                raise ValueError(f"has version {structure.get('version')!r}, not {VERSION}")
            return _Reader(packed).decoded(structure["value"])
    except (OSError, zipfile.BadZipFile, pa.ArrowException, *_FAULTS) as error:
        cause = str(error) if type(error) is ValueError else type(error).__name__
        raise DocumentError(
            f"{path}: is no partial state that can be read here ({cause[:200]}). It is written by "
            "the hosts of a processing job; run them and the merge with the same image."
        ) from None


_FAULTS = (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, ImportError)
"""What a file that was not written by `save` makes `load` stumble over."""


class _Writer:
    """Values as JSON; arrays go beside it, under the names in it."""

    def __init__(self) -> None:
        self.arrays: dict[str, bytes] = {}

    def encoded(self, value: Any) -> Any:
        """A scalar as it is, anything else as [form, content]."""
        if value is None or isinstance(value, bool | str) or type(value) is int:
            return value
        if type(value) is float:
            return value if math.isfinite(value) else ["float", repr(value)]
        if type(value) is datetime:
            return ["datetime", value.isoformat()]
        if type(value) in _SEQUENCES:
            return [type(value).__name__, [self.encoded(item) for item in value]]
        if type(value) in (set, frozenset):
            ordered = sorted(value, key=lambda item: (str(type(item)), item))
            return [type(value).__name__, [self.encoded(item) for item in ordered]]
        if type(value) is dict:
            return ["dict", [[self.encoded(k), self.encoded(v)] for k, v in value.items()]]
        if isinstance(value, np.ndarray | np.generic):
            form = "array" if isinstance(value, np.ndarray) else "scalar"
            return [form, self._kept(".npy", _npy(np.asarray(value)))]
        if isinstance(value, pa.Array):
            column = pa.table({"values": value})
            return ["arrow", self._kept(".arrow", _arrow(column))]
        if isinstance(value, pa.Table):
            return ["table", self._kept(".arrow", _arrow(value))]
        return self._object(value)

    def _object(self, value: Any) -> Any:
        kind = type(value)
        name = f"{kind.__module__}:{kind.__qualname__}"
        if not kind.__module__.startswith(OURS):
            raise TypeError(f"{name} has no form in a saved partial")
        content = list(value) if issubclass(kind, tuple) else value.__getstate__()
        return ["object", name, self.encoded(content)]

    def _kept(self, suffix: str, content: bytes) -> str:
        name = f"{len(self.arrays)}{suffix}"
        self.arrays[name] = content
        return name


class _Reader:
    """The other direction."""

    def __init__(self, packed: zipfile.ZipFile) -> None:
        self._packed = packed

    def decoded(self, form: Any) -> Any:
        if not isinstance(form, list):
            return form
        name, *content = form
        if name == "float":
            return float(content[0])
        if name == "datetime":
            return datetime.fromisoformat(content[0])
        if name == "object":
            return self._object(*content)
        if name == "dict":
            return {self.decoded(k): self.decoded(v) for k, v in content[0]}
        if name in ("array", "scalar"):
            array = np.load(io.BytesIO(self._packed.read(content[0])), allow_pickle=False)
            return array if name == "array" else array[()]
        if name in ("arrow", "table"):
            with pa.ipc.open_stream(self._packed.read(content[0])) as stream:
                table = stream.read_all()
            return table if name == "table" else table.column(0).combine_chunks()
        return _CONTAINERS[name](map(self.decoded, content[0]))

    def _object(self, name: str, content: Any) -> Any:
        kind = _class(name)
        state = self.decoded(content)
        if issubclass(kind, tuple):
            return tuple.__new__(kind, state)
        made = object.__new__(kind)
        if hasattr(kind, "__setstate__"):
            kind.__setstate__(made, state)
            return made
        for attributes in state if isinstance(state, tuple) else (state,):
            for attribute, value in (attributes or {}).items():
                object.__setattr__(made, attribute, value)
        return made


_SEQUENCES = (list, tuple)
_CONTAINERS = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}


def _class(name: str) -> type:
    """A class of ours by its name; nothing else can be made from a file."""
    module, _, qualified = name.partition(":")
    found = getattr(importlib.import_module(module), qualified) if module.startswith(OURS) else None
    if not isinstance(found, type) or found.__module__ != module:
        raise ValueError("names something that is no class of monitoring")
    return found


def _npy(array: np.ndarray[Any, Any]) -> bytes:
    content = io.BytesIO()
    np.save(content, array, allow_pickle=False)
    return content.getvalue()


def _arrow(table: pa.Table) -> bytes:
    content = pa.BufferOutputStream()
    with pa.ipc.new_stream(content, table.schema) as stream:
        stream.write_table(table)
    return bytes(content.getvalue().to_pybytes())
