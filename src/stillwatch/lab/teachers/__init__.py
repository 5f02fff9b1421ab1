"""Whom one distils: ``tiny`` (trained here), ``hf:PATH`` and ``openai:URL``."""

from __future__ import annotations

from stillwatch.lab.teachers.base import Teacher
from stillwatch.lab.teachers.endpoint import Client, EndpointSettings, read_endpoint
from stillwatch.lab.teachers.hf import TranslatingTeacher, load_model, load_tokenizer
from stillwatch.lab.teachers.local import LocalTeacher
from stillwatch.lab.teachers.remote import RemoteTeacher
from stillwatch.lab.teachers.tiny import TinyTeacher, load_tiny, train_tiny

__all__ = [
    "Client",
    "EndpointSettings",
    "LocalTeacher",
    "RemoteTeacher",
    "Teacher",
    "TinyTeacher",
    "TranslatingTeacher",
    "load_model",
    "load_tiny",
    "load_tokenizer",
    "read_endpoint",
    "train_tiny",
]
