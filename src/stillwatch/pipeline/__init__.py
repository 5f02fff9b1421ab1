"""Joins the stages into commands; nothing below imports it."""

from stillwatch.pipeline.run import Run
from stillwatch.pipeline.scan import scan

__all__ = ["Run", "scan"]
