"""Joins the stages into commands; nothing below imports it.

Import what you need from its modules. This file imports nothing, because worker processes load ``read`` and
``texts`` alone, and would otherwise wait for the whole of detection to load.
"""

__all__: list[str] = []
