"""The audit's page: one file that needs nothing but itself."""

from __future__ import annotations

from stillwatch.provenance.page.render import render_page

__all__ = ["render_page"]
