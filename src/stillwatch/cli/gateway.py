"""``stillwatch gateway``: the proxy, and the snapshot that it goes by."""

# ruff: noqa: PLC0415 - an HTTP server and its kin are optional

from __future__ import annotations

from pathlib import Path
from typing import Literal

import cyclopts

from stillwatch.cli.options import AsCsv, AsJson, RunFolder, Several
from stillwatch.cli.screen import complain, say
from stillwatch.cli.written import tell
from stillwatch.core import MissingDependency
from stillwatch.core.counted import counted

__all__ = ["gateway_app"]

Mode = Literal["shadow", "enforce"]

gateway_app = cyclopts.App(name="gateway")
_needs_gateway = MissingDependency.explained("the gateway", "gateway")


@gateway_app.default
@_needs_gateway
def gateway_command(
    *,
    upstream: str | None = None,
    host: str = "127.0.0.1",
    port: int = 8787,
    mode: Mode | None = None,
    snapshot: Path | None = None,
    record: Path | None = None,
    state: str | None = None,
    account_from: Several[list[str] | None] = None,
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
        A TOML file with a [gateway] table; `stillwatch docs gateway` lists every setting.
    """
    from stillwatch.gateway import load_gateway_settings
    from stillwatch.gateway.serve import serve

    settings = load_gateway_settings(
        config,
        upstream=upstream,
        mode=mode,
        snapshot=snapshot,
        record=record,
        state=state,
        account_from=tuple(account_from) if account_from else None,
    )
    serve(settings, host=host, port=port, metrics_port=metrics_port, ready=lambda said: complain(said, style=""))


@gateway_app.command(name="snapshot")
@_needs_gateway
def snapshot_command(run: RunFolder, /, *, out: Path, log: Path | None = None) -> None:
    """Write what a gateway goes by: decisions in force, and the texts of a run's campaigns.

    Parameters
    ----------
    out
        The snapshot; replaced in one step where there is one.
    log
        The decision log. Without one the gateway knows the campaigns and does nothing about them.
    """
    from stillwatch.services.gateway_snapshot import snapshot_of_run

    header = snapshot_of_run(run, log=log, out=out)
    say(
        f"{out}: {counted(header['rules'], 'decision')} in force on {counted(header['accounts'], 'account')}; "
        f"{counted(header['templates'], 'template')}, {counted(header['sentences'], 'sentence')}"
    )


@gateway_app.command(name="effects")
@_needs_gateway
def effects_command(
    record: Path,
    /,
    *,
    log: Path | None = None,
    mode: Mode = "shadow",
    json: AsJson = False,
    csv: AsCsv = False,
) -> None:
    """Say what enforce would have done, from a shadow gateway's record: by action, account and rule.

    Parameters
    ----------
    record
        The gateway's record.
    log
        The decision log, to count by the policy's rules; without it, by decision.
    mode
        enforce counts what was done.
    """
    from stillwatch.gateway.tally import tally_of_record
    from stillwatch.services.gateway_snapshot import rules_by_decision

    tally = tally_of_record(record, rules_by_decision(log) if log else None, mode=mode)
    counts = {"requests": tally.requests, "treated": tally.all.requests, "observed": tally.observed.requests}
    whole = {**counts, "counts": tally.rows()}
    tell(tally.text(shadow=mode == "shadow"), tally.rows(), json=json, csv=csv, whole=whole)
