"""From log files to ``exchanges``, with every bad record kept aside.

``plan`` and ``cut`` turn paths into slices, ``read_slice`` turns a slice into Arrow batches in a worker process.
One file of ``formats/`` a log format; ``base`` says how to add one.
"""

from stillwatch.ingest.base import BatchFormat, LogFormat
from stillwatch.ingest.plan import Slice, cut, plan
from stillwatch.ingest.reading import SliceResult, read_slice
from stillwatch.ingest.registry import all_formats
from stillwatch.ingest.sidefiles import read_accounts, read_releases

__all__ = [
    "BatchFormat",
    "LogFormat",
    "Slice",
    "SliceResult",
    "all_formats",
    "cut",
    "plan",
    "read_accounts",
    "read_releases",
    "read_slice",
]
