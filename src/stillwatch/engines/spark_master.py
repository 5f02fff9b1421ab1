"""How a Spark session is come by: ``sail`` beside this process, a Spark Connect server, or a cluster's own master.

Only what Spark Connect has is used of it, so that one client serves all three: Sail and every server speak Connect, and
PySpark's own sessions have the same methods.
"""

# ruff: noqa: PLC0415 - an extra brings Spark's client and Sail

from __future__ import annotations

import socket
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from stillwatch.core import BadSetting, EndpointAway, MissingDependency, said_by
from stillwatch.engines.sail_server import sail_server

__all__ = ["SAIL", "session_of", "shown"]

SAIL = "sail"
"""The master that needs no cluster: Sail's server, started beside this process."""

_CONNECT_PORT = 15002
_KNOCK_SECONDS = 10.0
_OURS = {
    # Times are read and written in UTC, whatever the cluster's zone.
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    # What a lost worker leaves half done is done again; what fails for a reason of its own soon says so.
    "spark.task.maxFailures": "4",
}


@contextmanager
def session_of(master: str) -> Iterator[Any]:
    """A session of one's own, ended with the block.

    Args:
        master: ``sail``; ``sc://host:port``, a Spark Connect server; or, where PySpark itself is installed, what
            ``spark-submit --master`` takes: ``local[2]``, ``spark://host:7077``, ``yarn``, ``k8s://...``.

    Raises:
        MissingDependency: the extra is not installed, or the master needs more of Spark than its client.
        EndpointAway: nothing answers there.
        BadSetting: that is no master.
    """
    if master == SAIL:
        with MissingDependency.explained("--engine spark", "spark"):
            import pysail  # noqa: F401 - its server is a process of its own
        with sail_server() as remote, _connected(remote) as session:
            yield session
    elif master.startswith("sc://"):
        _knock(master)
        with _connected(master) as session:
            yield session
    else:
        with _classic(master) as session:
            yield session


def shown(master: str) -> str:
    """A master for people to read: without the token that may stand in it."""
    return master.partition(";")[0].partition("?")[0]


@contextmanager
def _connected(remote: str) -> Iterator[Any]:
    with MissingDependency.explained("--engine spark", "spark"), _without_remarks():
        from pyspark.errors import PySparkException
        from pyspark.sql.connect.session import SparkSession
    with _without_remarks():
        try:
            session = SparkSession.builder.remote(remote).create()
            session.conf.set("spark.sql.session.timeZone", _OURS["spark.sql.session.timeZone"])
        except (PySparkException, OSError, ValueError) as error:
            raise EndpointAway(
                f"the Spark server gives no session: {said_by(error)}", where=shown(remote), hint=_ASK
            ) from error
    try:
        yield session
    finally:
        session.stop()


_ASK = "check the address, and that a Spark Connect server runs there: `stillwatch docs scan-on-spark`"


def _knock(remote: str) -> None:
    """Whether anything listens: Spark's client itself would ask for ten minutes."""
    try:
        place = urlsplit(remote)
        host, port = place.hostname, place.port or _CONNECT_PORT
    except ValueError as error:
        raise BadSetting(str(error), where=f"--master {shown(remote)}", hint="sc://host:15002") from error
    if not host:
        raise BadSetting("no host", where=f"--master {shown(remote)}", hint="sc://host:15002")
    try:
        socket.create_connection((host, port), _KNOCK_SECONDS).close()
    except OSError as error:
        raise EndpointAway(
            f"no Spark Connect server answers: {said_by(error)}", where=shown(remote), hint=_ASK
        ) from error


# PySpark remarks with each table that it has not tried the newest pandas, which nothing here uses.
_REMARK = "PySpark does not yet fully support pandas"


@contextmanager
def _classic(master: str) -> Iterator[Any]:
    with MissingDependency.explained("--engine spark", "spark"), _without_remarks():
        from pyspark.errors import PySparkException
        from pyspark.util import is_remote_only
    if is_remote_only():
        raise MissingDependency(
            f"--master {shown(master)} needs all of PySpark, and only its client is installed",
            hint="name a Spark Connect server (sc://host:15002), or pip uninstall pyspark-client, pip install pyspark",
        )
    from pyspark.sql import SparkSession

    warnings.filterwarnings("ignore", _REMARK, FutureWarning)
    with _without_remarks():
        builder = SparkSession.builder.master(master).appName("stillwatch")
        for name, value in _OURS.items():
            builder = builder.config(name, value)
        try:
            session = builder.getOrCreate()
        except (PySparkException, RuntimeError) as error:
            raise EndpointAway(
                f"Spark does not start: {said_by(error)}", where=shown(master), hint="see what it said above"
            ) from error
    try:
        yield session
    finally:
        session.stop()


@contextmanager
def _without_remarks() -> Iterator[None]:
    """Around PySpark's imports: it remarks on the newest pandas, and takes a program that came from no file (``python
    -c``, a forked process) for its own tests, which it ends where Spark itself is not installed."""
    program = sys.modules["__main__"]
    of_no_file = not hasattr(program, "__file__")
    if of_no_file:
        program.__file__ = sys.executable
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        if of_no_file:
            del program.__file__
