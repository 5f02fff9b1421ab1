"""From log files to ``exchanges``, with every bad record kept aside.

``plan`` and ``cut`` turn paths into slices, ``read_slice`` turns a slice into Arrow batches in a worker process.
One file of ``formats/`` a log format; ``base`` says how to add one.
"""

from stillwatch.ingest.base import BatchFormat, LogFormat, PartsFormat, RefusedFormat
from stillwatch.ingest.callers import write_callers
from stillwatch.ingest.explain import Explanation, explain
from stillwatch.ingest.log_maps import read_map
from stillwatch.ingest.mapped import MappedFormat
from stillwatch.ingest.registry import all_formats
from stillwatch.ingest.sidefiles import read_accounts, read_callers, read_releases
from stillwatch.ingest.slice_reader import read_slice
from stillwatch.ingest.slice_result import SliceResult
from stillwatch.ingest.slices import Slice, cut, plan

__all__ = [
    "BatchFormat",
    "Explanation",
    "LogFormat",
    "MappedFormat",
    "PartsFormat",
    "RefusedFormat",
    "Slice",
    "SliceResult",
    "all_formats",
    "cut",
    "explain",
    "plan",
    "read_accounts",
    "read_callers",
    "read_map",
    "read_releases",
    "read_slice",
    "write_callers",
]
