"""Fixtures every test may take: the offline AWS in process, its clock, and a server of it."""

from __future__ import annotations

from moto_fixtures.plugin import aws, clock, server, session

__all__ = ["aws", "clock", "server", "session"]
