"""``stillwatch gateway``: parses, calls, prints. The gateway itself is imported when one of its commands runs."""

from __future__ import annotations

import importlib
import types
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import cyclopts
from cyclopts import Parameter

from stillwatch.core import MissingDependency

__all__ = ["gateway_app"]

Say = Callable[[object], None]


def _opened(module: str) -> types.ModuleType:
    with MissingDependency.explained("the gateway", "gateway"):
        return importlib.import_module(f"stillwatch.{module}")


def gateway_app(say: Say) -> cyclopts.App:
    """The commands of the gateway.

    Args:
        say: prints a line.
    """
    app = cyclopts.App(name="gateway", help="Apply decisions to live traffic, as a reverse proxy.")
    _add_proxy(app)
    _add_snapshot(app, say)
    return app


def _add_proxy(app: cyclopts.App) -> None:
    @app.default
    def gateway_command(
        *,
        upstream: str | None = None,
        host: str = "127.0.0.1",
        port: int = 8787,
        mode: str | None = None,
        snapshot: Path | None = None,
        record: Path | None = None,
        state: str | None = None,
        account_from: Annotated[list[str] | None, Parameter(consume_multiple=True, negative=())] = None,
        metrics_port: int | None = None,
        config: Path | None = None,
    ) -> None:
        """Serve a proxy that is OpenAI- and Anthropic-compatible, in front of one model server.

        Parameters
        ----------
        upstream
            The model server, http(s)://host[:port][/path].
        host
            Address to listen at.
        port
            Port to listen at; 0 takes any that is free.
        mode
            shadow (does nothing, says what it would do) or enforce. [default: shadow]
        snapshot
            What `stillwatch gateway snapshot` wrote; taken up anew when it is replaced.
        record
            Folder of the record that `stillwatch scan` reads.
        state
            redis://... where several gateways share counters. [default: memory]
        account_from
            Where the account stands: key, body or header:NAME. [default: key]
        metrics_port
            Port of /metrics and /health, on this machine alone.
        config
            A TOML file with a [gateway] table; docs/reference/gateway.md lists every setting.
        """
        settings = _opened("gateway").load_gateway_settings(
            config,
            upstream=upstream,
            mode=mode,
            snapshot=snapshot,
            record=record,
            state=state,
            account_from=tuple(account_from) if account_from else None,
        )
        _opened("gateway.serve").serve(settings, host=host, port=port, metrics_port=metrics_port)


def _add_snapshot(app: cyclopts.App, say: Say) -> None:
    @app.command(name="snapshot")
    def snapshot_command(run: Path, /, *, out: Path, log: Path | None = None) -> None:
        """Write what a gateway goes by: decisions in force, and the texts of a run's campaigns.

        Parameters
        ----------
        run
            The run's folder.
        out
            The snapshot; replaced in one step where there is one.
        log
            The decision log. Without one the gateway knows the campaigns and does nothing about them.
        """
        header = _opened("services.gateway_snapshot").snapshot_of_run(run, log=log, out=out)
        say(
            f"{out}: {header['rules']} decisions in force on {header['accounts']} accounts; "
            f"{header['templates']} templates, {header['sentences']} sentences"
        )
