"""The version of the build, stamped into every package it registers."""

__version__ = "0.1.0"
