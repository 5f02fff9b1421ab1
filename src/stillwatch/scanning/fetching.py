"""What of a scan's logs lies in an object store: copied beside the run while it is made, and gone with its making.

Objects that the run has read before, of the same name, size and time, are not copied again. What a killed scan had
copied is there for the next.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from stillwatch.core import OutputUnwritable
from stillwatch.ingest import Bucket, CloudObject, fetched, is_cloud
from stillwatch.scanning.building import FETCHED

__all__ = ["Here", "here"]


class Here(NamedTuple):
    """What there is to read, all of it on disk.

    Attributes:
        paths: files and folders.
        objects: of stores, copied for this step.
        again: labels of objects that the run had read before.
    """

    paths: list[Path]
    objects: tuple[CloudObject, ...]
    again: tuple[str, ...]


def here(
    paths: Sequence[Path],
    run: Path,
    known: Sequence[CloudObject],
    start: Callable[[str, int | None], None],
    advance: Callable[[int], None],
) -> Here:
    """Copy what lies in object stores.

    Args:
        paths: as a scan was given them.
        run: the folder under its hidden name.
        known: objects that the run has read.
        start, advance: told of the stage and of its bytes.

    Raises:
        InputError: a store, a bucket or an object cannot be read, or there is nothing.
        OutputUnwritable: the disk does not hold them.
    """
    named = [(Bucket.named(path) if is_cloud(path) else None, path) for path in paths]
    listed = {bucket: bucket.objects() for bucket, _ in named if bucket is not None}
    seen = set(known)
    new = {bucket: [one for one in objects if one not in seen] for bucket, objects in listed.items()}
    size = sum(one.size for objects in new.values() for one in objects)
    free = shutil.disk_usage(run).free
    if size > free:
        raise OutputUnwritable(
            f"the objects are {size:,} bytes, and {free:,} are free",
            where=str(run.parent),
            hint="name less of the store at a time, adding to the run with --into, or a larger disk with --out",
        )
    if listed:
        start("fetching", size)
    found: list[Path] = []
    for number, (bucket, path) in enumerate(named):
        if bucket is None:
            found.append(path)
        elif new[bucket]:
            place = run / FETCHED / str(number) / bucket.name / bucket.prefix
            found.append(fetched(bucket, new[bucket], _folder_of(bucket, new[bucket], place), advance))
    again = [bucket.inside(one) for bucket, objects in listed.items() for one in objects if one in seen]
    return Here(found, tuple(one for objects in new.values() for one in objects), tuple(again))


def _folder_of(bucket: Bucket, objects: Sequence[CloudObject], place: Path) -> Path:
    """A folder for copies: beside its own name where one object was named."""
    return place.parent if [one.uri for one in objects] == [bucket.uri] else place
