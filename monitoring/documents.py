"""The JSON documents monitors read and write, in AWS's own spelling.

Needs     a path, or documents by file name
Writes    statistics.json, constraints.json, constraint_violations.json, analysis.json

AWS has written three generations of these files: undefined numbers are the text "NaN" in
one and `null` in another. Reading accepts them all; writing makes the newest, and never a
bare NaN or Infinity, which no strict JSON parser takes. A document that stands for
another monitor is refused here, before its numbers can be misread.
"""

from __future__ import annotations

import json
import math
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

from monitoring.errors import DocumentError, MonitoringError
from monitoring.kinds import BIAS, DATA_QUALITY, EXPLAINABILITY, MODEL_QUALITY, Kind
from monitoring.spools import Spool

Documents = Mapping[str, Any]
"""File name → JSON value: `{"statistics.json": {...}, "constraints.json": {...}}`. What is no
JSON is a `Spool`, and may lie one directory down: `explanations_shap/out.csv`."""

STATISTICS = "statistics.json"
CONSTRAINTS = "constraints.json"
VIOLATIONS = "constraint_violations.json"
ANALYSIS = "analysis.json"
ANALYSIS_CONFIG = "analysis_config.json"
"""What Clarify calls statistics."""

MAX_BYTES = 256 * 2**20
"""300 columns of full sketches are about 30 MB."""
MAX_DEPTH = 32
"""A statistics document is nine deep."""

_TELLTALE_KEYS = {
    DATA_QUALITY: ("features",),
    MODEL_QUALITY: tuple(
        f"{problem}_{part}"
        for problem in ("regression", "binary_classification", "multiclass_classification")
        for part in ("metrics", "constraints")
    ),
    BIAS: ("pre_training_bias_metrics", "post_training_bias_metrics"),
    EXPLAINABILITY: ("explanations",),
}
_UNDEFINED = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_FILE_NAME = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*/)?[A-Za-z0-9][A-Za-z0-9._-]*")


def read(path: Path) -> Any:
    """The JSON value in a file.

    Raises DocumentError when it is missing, too large, too deep, not UTF-8, not JSON, or
    has a key twice.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise DocumentError(_too_large(str(path), size))
        return parse(path.read_bytes(), str(path))
    except OSError as error:
        raise DocumentError(
            f"{path}: cannot be read ({error.strerror}). Check the path, or suggest the baseline "
            "again with `monitor suggest`."
        ) from error


def parse(content: bytes, where: str) -> Any:
    """The JSON value of `content`; `where` names it in errors.

    >>> parse(b'{"mean": NaN, "max": 2.0}', "statistics.json")
    {'mean': None, 'max': 2.0}
    """
    if len(content) > MAX_BYTES:
        raise DocumentError(_too_large(where, len(content)))
    try:
        value = json.loads(
            content.decode("utf-8-sig"),
            object_pairs_hook=lambda pairs: _unique(pairs, where),
            parse_constant=lambda token: None if token == "NaN" else _UNDEFINED[token],  # noqa: S105
        )
    except RecursionError:
        raise DocumentError(_too_deep(where)) from None
    except UnicodeDecodeError as error:
        raise DocumentError(
            f"{where}: is not UTF-8 (byte {error.start}). The monitors' documents are UTF-8 JSON; "
            "save it again as such."
        ) from None
    except ValueError as error:
        raise DocumentError(
            f"{where}: is not JSON ({error}). Correct it, or suggest the baseline again."
        ) from None
    if any(depth > MAX_DEPTH for depth in _depths(value)):
        raise DocumentError(_too_deep(where))
    return value


def number(value: Any, where: str) -> float | None:
    """A number of any generation: None where it is undefined (`null`, "NaN").

    >>> number("NaN", "auc"), number(3, "auc"), number("Infinity", "TE")
    (None, 3.0, inf)
    """
    if isinstance(value, str) and value in _UNDEFINED:
        value = _UNDEFINED[value]
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise DocumentError(f"{where}: holds a {type(value).__name__} where a number belongs.")
    try:
        converted = float(value)
    except OverflowError:
        raise DocumentError(f"{where}: is too large for a 64-bit number.") from None
    return None if math.isnan(converted) else converted


def kinds_of(document: Any) -> tuple[Kind, ...]:
    """The monitors whose document this can be, told by its top-level keys.

    >>> [kind.title for kind in kinds_of({"version": 0.0, "regression_constraints": {}})]
    ['model quality']
    """
    if not isinstance(document, Mapping):
        return ()
    return tuple(
        kind for kind, keys in _TELLTALE_KEYS.items() if any(key in document for key in keys)
    )


def require_kind(document: Any, kind: Kind, where: str) -> None:
    """Refuse another monitor's document, or one that is no baseline at all."""
    found = kinds_of(document)
    if kind in found:
        return
    titles = " and ".join(other.title for other in found) or "no monitor"
    raise DocumentError(
        f"{where}: is a document of {titles}, not of {kind.title} (which has a top-level "
        f"{' or '.join(repr(key) for key in _TELLTALE_KEYS[kind])}). Its numbers would be misread; "
        f"give the file that `monitor suggest {kind.slug}` wrote."
    )


def render(document: Any) -> str:
    """JSON as AWS's analyzer prints it: Java doubles, `"key" : value`, two spaces.

    Raises DocumentError for NaN and Infinity, naming where they stand.

    >>> print(render({"version": 0.0, "domains": ["a", "b"], "features": [{"count": 1}]}))
    {
      "version" : 0.0,
      "domains" : [ "a", "b" ],
      "features" : [ {
        "count" : 1
      } ]
    }
    """
    return "".join(_pieces(document, "", "$"))


def java_double(value: float) -> str:
    """A finite number as Java's Double.toString prints it, with the fewest exact digits.

    >>> [java_double(x) for x in (18.0, 14402689218.907343, 0.0008080858763541535, -0.0)]
    ['18.0', '1.4402689218907343E10', '8.080858763541535E-4', '-0.0']
    """
    if value == 0.0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    first, rest = str(digits[0]), "".join(map(str, digits[1:])) or "0"
    return f"{'-' if sign else ''}{first}.{rest}E{len(digits) - 1 + int(exponent)}"


def publish(documents: Documents, directory: Path) -> tuple[Path, ...]:
    """Write an output set: all of it, or nothing.

    Everything is rendered, then written beside its target, then renamed into place. When
    a rename fails, the ones before it are taken back, so a reader meets the whole old set
    or the whole new one. Returns the paths in the order of `documents`.
    """
    contents: dict[Path, bytes | Spool] = {}
    for name, document in documents.items():
        if not _FILE_NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no plain file name")
        contents[directory / name] = (
            document if isinstance(document, Spool) else (_located(document, name) + "\n").encode()
        )
    drafts = {path: path.with_name(f".{path.name}.{os.getpid()}.new") for path in contents}
    try:
        for path, content in contents.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_through(drafts[path], content)
        _replace_all(drafts)
    except OSError as error:
        raise MonitoringError(
            f"{directory}: documents could not be written ({error.strerror}); nothing was "
            "published. Free space or check permissions, then run the same command again."
        ) from error
    finally:
        for draft in drafts.values():
            with suppress(OSError):
                draft.unlink(missing_ok=True)
        for below in {path.parent for path in contents} - {directory}:
            with suppress(OSError):  # It holds files, unless nothing was published.
                below.rmdir()
    return tuple(contents)


def _located(document: Any, name: str) -> str:
    try:
        return render(document)
    except DocumentError as error:
        raise DocumentError(f"{name}: {error}") from None


def _write_through(path: Path, content: bytes | Spool) -> None:
    if isinstance(content, Spool):
        content.copy_to(path)
        return
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _replace_all(drafts: Mapping[Path, Path]) -> None:
    """Rename every draft into place; on failure put back what stood there before."""
    done: list[tuple[Path, Path | None]] = []
    try:
        for path, draft in drafts.items():
            former = path.with_name(f".{path.name}.{os.getpid()}.old") if path.exists() else None
            if former:
                shutil.copyfile(path, former)
            done.append((path, former))
            draft.replace(path)
    except OSError:
        for path, former in reversed(done):
            if former:
                former.replace(path)
            else:
                path.unlink(missing_ok=True)
        raise
    for _, former in done:
        if former:
            former.unlink(missing_ok=True)


def _pieces(value: Any, indent: str, where: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield from _object(value, indent, where)
    elif isinstance(value, list | tuple):
        if value and all(type(item) is float and math.isfinite(item) for item in value):
            yield f"[ {', '.join(map(java_double, value))} ]"  # a sketch holds thousands
            return
        yield "["
        for i, item in enumerate(value):
            yield ", " if i else " "
            yield from _pieces(item, indent, f"{where}[{i}]")
        yield " ]"
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise DocumentError(
                f"{where} is {value}, which JSON cannot hold; an undefined number is null."
            )
        yield java_double(value)
    else:
        yield _scalar(value)


def _object(value: Mapping[str, Any], indent: str, where: str) -> Iterator[str]:
    if not value:
        yield "{ }"
        return
    inner = indent + "  "
    for i, (key, item) in enumerate(value.items()):
        yield f"{',' if i else '{'}\n{inner}{_scalar(key)} : "
        yield from _pieces(item, inner, f"{where}.{key}")
    yield f"\n{indent}}}"


def _scalar(value: Any) -> str:
    """A JSON scalar; text that UTF-8 cannot carry (a lone surrogate) is escaped."""
    text = json.dumps(value, ensure_ascii=False)
    return text if text.isascii() or _encodable(text) else json.dumps(value)


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _unique(pairs: list[tuple[str, Any]], where: str) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        names = [key for key, _ in pairs]
        twice = next(key for key in names if names.count(key) > 1)
        raise DocumentError(
            f"{where}: the key {twice[:80]!r} stands twice in one object. Which value counts "
            "cannot be told; remove one."
        )
    return document


def _depths(value: Any) -> Iterator[int]:
    """How deep each container in `value` stands."""
    open_values = [(value, 1)]
    while open_values:
        current, depth = open_values.pop()
        if isinstance(current, dict | list):
            yield depth
            if depth <= MAX_DEPTH:
                inside = current.values() if isinstance(current, dict) else current
                open_values.extend((v, depth + 1) for v in inside if isinstance(v, dict | list))


def _too_large(where: str, size: int) -> str:
    return (
        f"{where}: is {size} bytes, more than the {MAX_BYTES} a document may have. It is no "
        "baseline that a monitor wrote; check the path."
    )


def _too_deep(where: str) -> str:
    return (
        f"{where}: is nested more than {MAX_DEPTH} deep. It is no baseline that a monitor wrote; "
        "check the path."
    )
