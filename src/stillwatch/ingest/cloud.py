"""Logs that lie in an object store: what lies below ``s3://bucket/prefix``, and copies of it on disk.

By pyarrow's own file systems: S3 and what speaks like it, Google Cloud Storage, Azure Blob Storage. Credentials come
from where the providers' tools have them; none is an argument. An object is copied once, beside its name first, and its
copy has its time, so that a copy that is whole is known as such.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from stillwatch.core import EmptyInput, UnreadableInput

__all__ = ["Bucket", "CloudObject", "fetched", "is_cloud"]

_URI = re.compile(r"(s3|gs|az):/{1,2}([^/]+)(?:/(.*))?")
_BLOCK = 8 << 20
_AT_ONCE = 8
_SECRETS = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or a role of the machine",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS, or an account of the machine",
    "az": "AZURE_STORAGE_ACCOUNT with AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN, or an identity of the machine",
}
_DENIED = re.compile(
    r"ACCESS_DENIED|AccessDenied|Forbidden|403|401|InvalidAccessKey|SignatureDoesNotMatch|credential", re.I
)


class CloudObject(msgspec.Struct, frozen=True):
    """An object as its store lists it.

    Attributes:
        uri: its whole name.
        size: bytes.
        modified_ns: nanoseconds since 1970.
    """

    uri: str
    size: int
    modified_ns: int


def is_cloud(path: str | Path) -> bool:
    """Whether a path names objects of a store: ``s3://``, ``gs://`` or ``az://``."""
    return _URI.fullmatch(str(path)) is not None


@dataclass(frozen=True)
class Bucket:
    """A bucket and what of it was named.

    Attributes:
        scheme, name, prefix: of ``scheme://name/prefix``; a prefix is one object, or a folder of them.
    """

    scheme: str
    name: str
    prefix: str

    @classmethod
    def named(cls, uri: str | Path) -> Bucket:
        """A bucket by its address, also where a path has made one slash of two."""
        found = _URI.fullmatch(str(uri))
        if found is None:
            raise UnreadableInput("no address of an object store", where=str(uri), hint="s3://bucket/prefix")
        return cls(found[1], found[2], (found[3] or "").strip("/"))

    @property
    def uri(self) -> str:
        """Its address."""
        return f"{self.scheme}://{self.name}/{self.prefix}".rstrip("/")

    @property
    def _path(self) -> str:
        return f"{self.name}/{self.prefix}".rstrip("/")

    def objects(self) -> list[CloudObject]:
        """What lies there, in the order of names; empty objects that stand for folders left out.

        Raises:
            UnreadableInput: there is no such bucket or object, it may not be read, or its key is no path.
            EmptyInput: there is nothing below it.
        """
        files, named = self._listed()
        found = [
            CloudObject(f"{self.scheme}://{info.path}", int(info.size), int(info.mtime_ns or 0))
            for info in files
            if not info.path.endswith("/")
        ]
        if not found:
            hint = "name the folder the logs are in"
            raise EmptyInput("nothing lies there", where=self.uri, hint=hint)
        for one in found if not named else ():
            parts = self.inside(one).split("/")
            if any(part in ("", ".", "..") or "\0" in part for part in parts):
                raise UnreadableInput("its key is no path", where=one.uri, hint="copy the object under another name")
        return sorted(found, key=lambda one: one.uri)

    def inside(self, one: CloudObject) -> str:
        """An object's name below what was named; of one that was named itself its last part."""
        path = one.uri.split("://", 1)[1]
        return path.rsplit("/", 1)[1] if path == self._path else path.removeprefix(f"{self._path}/")

    def _listed(self) -> tuple[Sequence[Any], bool]:
        import pyarrow.fs as fs  # noqa: PLC0415 - opens the stores' libraries, which no other scan needs

        try:
            system = self.system()
            if self.prefix:
                info = system.get_file_info(self._path)
                if info.type == fs.FileType.File:
                    return [info], True
            infos = system.get_file_info(fs.FileSelector(self._path, recursive=True))
        except (OSError, pa.ArrowException) as error:
            raise self._refusal(error) from error
        return [info for info in infos if info.type == fs.FileType.File], False

    def system(self) -> Any:
        """pyarrow's file system for it.

        Raises:
            UnreadableInput: pyarrow was built without it, or it is not said whose account is meant.
        """
        import pyarrow.fs as fs  # noqa: PLC0415

        try:
            if self.scheme == "s3":
                # Stores that only speak like S3 are named by AWS_ENDPOINT_URL.
                endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
                region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
                return fs.S3FileSystem(endpoint_override=endpoint, region=region or self._region(endpoint))
            if self.scheme == "gs":
                return fs.GcsFileSystem()
            return fs.AzureFileSystem(**self._azure())
        except ImportError as error:
            raise UnreadableInput(
                f"this pyarrow was built without the file system for {self.scheme}://",
                where=self.uri,
                hint="install pyarrow from PyPI: its wheels have it",
            ) from error

    def _region(self, endpoint: str | None) -> str | None:
        import pyarrow.fs as fs  # noqa: PLC0415

        return None if endpoint else str(fs.resolve_s3_region(self.name))

    def _azure(self) -> Mapping[str, str | None]:
        account = os.environ.get("AZURE_STORAGE_ACCOUNT")
        if not account:
            raise UnreadableInput(
                "whose account it is is not said", where=self.uri, hint="set AZURE_STORAGE_ACCOUNT and its key"
            )
        return {
            "account_name": account,
            "account_key": os.environ.get("AZURE_STORAGE_KEY"),
            "sas_token": os.environ.get("AZURE_STORAGE_SAS_TOKEN"),
        }

    def _refusal(self, error: Exception) -> UnreadableInput:
        told = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        if isinstance(error, FileNotFoundError) or "NO_SUCH_BUCKET" in told or "NoSuchBucket" in told:
            return UnreadableInput("there is no such bucket or object", where=self.uri, hint="check its name")
        hint = f"give credentials as the store's own tools take them: {_SECRETS[self.scheme]}"
        what = "it may not be read" if _DENIED.search(told) else "it cannot be read"
        return UnreadableInput(f"{what}: {told}", where=self.uri, hint=hint)

    def copy(self, one: CloudObject, to: Path, system: Any, progress: Callable[[int], None]) -> None:
        """Copy an object, under its name only when it is whole.

        Raises:
            UnreadableInput: it cannot be read to its end.
        """
        half = to.with_name(f".{to.name}.partial"[-255:])
        to.parent.mkdir(parents=True, exist_ok=True)
        with half.open("wb") as target:
            try:
                with system.open_input_stream(one.uri.split("://", 1)[1], compression=None) as source:
                    while block := source.read(_BLOCK):
                        target.write(block)
                        progress(len(block))
            except pa.ArrowException as error:
                raise self._refusal(error) from error
        if half.stat().st_size != one.size:
            raise UnreadableInput("it changed while it was copied", where=one.uri, hint="scan again")
        os.utime(half, ns=(one.modified_ns, one.modified_ns))
        half.replace(to)


def fetched(bucket: Bucket, objects: Sequence[CloudObject], folder: Path, progress: Callable[[int], None]) -> Path:
    """Copies of objects on disk; what is there whole is not copied again, and what is not asked for is removed.

    Args:
        bucket: what was named.
        objects: of it, those that are wanted.
        folder: theirs alone.
        progress: told of bytes as they are copied; may be told from several threads.

    Returns:
        The folder, or the file where one object was named.

    Raises:
        UnreadableInput: one cannot be copied.
        OSError: the disk does not take them.
    """
    wanted = {folder / bucket.inside(one): one for one in objects}
    for left in (
        [path for path in folder.rglob("*") if path.is_file() and path not in wanted] if folder.exists() else ()
    ):
        left.unlink()
    system = bucket.system()

    def copy(path: Path, one: CloudObject) -> None:
        known = path.stat() if path.exists() else None
        if known is not None and (known.st_size, known.st_mtime_ns) == (one.size, one.modified_ns):
            progress(one.size)
        else:
            bucket.copy(one, path, system, progress)

    with ThreadPoolExecutor(_AT_ONCE) as threads:
        for done in [threads.submit(copy, path, one) for path, one in wanted.items()]:
            done.result()
    alone = [path for path, one in wanted.items() if one.uri == bucket.uri]
    return alone[0] if alone else folder
