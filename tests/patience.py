"""How long a test waits for another process or thread: a machine may be slow, or shared."""

from __future__ import annotations

PATIENCE = 300.0
"""Seconds. Only what hangs takes as long; a test that asks for less fails on a busy machine."""
