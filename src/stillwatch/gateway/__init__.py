"""Applies decisions to live traffic; makes none."""

__all__: list[str] = []
