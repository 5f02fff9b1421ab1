"""From log files to ``exchanges``, with every bad record kept aside.

``plan`` and ``cut`` turn paths into slices, ``read_slice`` turns a slice into Arrow batches in a worker process.
One file of ``formats/`` a log format; ``base`` says how to add one.
"""

from stillwatch.ingest.base import BatchFormat, LogFormat, PartsFormat
from stillwatch.ingest.callers import write_callers
from stillwatch.ingest.cloud import Bucket, CloudObject, fetched, is_cloud
from stillwatch.ingest.column_names import meant
from stillwatch.ingest.mapping import MappedFormat, read_mapping
from stillwatch.ingest.registry import all_formats
from stillwatch.ingest.side_columns import SideFile
from stillwatch.ingest.sidefiles import read_accounts, read_callers, read_releases
from stillwatch.ingest.slice_reader import read_slice
from stillwatch.ingest.slice_result import SliceResult
from stillwatch.ingest.slices import Slice, cut, plan, without
from stillwatch.ingest.unread_keys import Unread

__all__ = [
    "BatchFormat",
    "Bucket",
    "CloudObject",
    "LogFormat",
    "MappedFormat",
    "PartsFormat",
    "SideFile",
    "Slice",
    "SliceResult",
    "Unread",
    "all_formats",
    "cut",
    "fetched",
    "is_cloud",
    "meant",
    "plan",
    "read_accounts",
    "read_callers",
    "read_mapping",
    "read_releases",
    "read_slice",
    "without",
    "write_callers",
]
