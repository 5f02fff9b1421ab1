"""Whom one distils: ``tiny`` (trained here), ``hf:PATH`` and ``openai:URL``."""

from __future__ import annotations

from stillwatch.lab.teachers.base import Teacher
from stillwatch.lab.teachers.local import LocalTeacher
from stillwatch.lab.teachers.tiny import TinyTeacher, load_tiny, train_tiny

__all__ = ["LocalTeacher", "Teacher", "TinyTeacher", "load_tiny", "train_tiny"]
