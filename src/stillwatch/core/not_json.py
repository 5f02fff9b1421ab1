"""What decoding raises of bytes that are no JSON."""

from __future__ import annotations

from typing import Final

import msgspec

__all__ = ["NOT_JSON"]

NOT_JSON: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""No JSON or not of the shape asked for, no UTF-8, or nested deeper than the stack."""
