"""Arithmetic: arrays in, numbers out. Knows neither S3 nor any file format."""
