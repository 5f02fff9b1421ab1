"""What errors of the system and of other libraries say, as it stands in ours."""

from __future__ import annotations

__all__ = ["said_by"]


def said_by(error: Exception) -> str:
    """What another library's or the system's error says, less the path, which stands before it."""
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
