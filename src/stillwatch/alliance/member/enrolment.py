"""Who a member is, kept in its own file: name, hub, and where its credentials lie; never the token itself."""

from __future__ import annotations

from pathlib import Path

from stillwatch.alliance.member.client import Credentials
from stillwatch.alliance.member.publishing import Membership
from stillwatch.alliance.store import Store, appeals, feedback, partner_indicators
from stillwatch.core import BadSetting, UnreadableInput

__all__ = ["enrol", "membership", "overview"]

_FILES = ("token_file", "certificate", "key", "authority")
_MOST_NAMED = 100


def enrol(
    state: Path,
    name: str,
    hub: str,
    *,
    token_file: Path | None = None,
    certificate: Path | None = None,
    key: Path | None = None,
    authority: Path | None = None,
) -> None:
    """Keep who the member is; paths are kept as absolute ones.

    Raises:
        BadSetting: neither a token nor a certificate is named.
        OutputUnwritable: the file cannot be written.
    """
    if token_file is None and certificate is None:
        raise BadSetting("the hub must know who asks", where="--token-file", hint="give it, or --certificate and --key")
    files = dict(zip(_FILES, (token_file, certificate, key, authority), strict=True))
    told: dict[str, str | None] = {label: str(path.absolute()) if path else None for label, path in files.items()}
    Store(state).remember({"name": name, "hub": hub.rstrip("/"), **told})


def membership(state: Path) -> Membership:
    """The member whose file this is.

    Raises:
        UnreadableInput: there is no file, nobody is enrolled in it, or the token cannot be read.
    """
    hint = "stillwatch alliance enrol NAME --hub URL --token-file FILE"
    told = Store(state).settings() if state.is_file() else {}
    if "name" not in told or "hub" not in told:
        raise UnreadableInput("nobody is enrolled here", where=str(state), hint=hint)
    paths = {label: Path(told[label]) for label in _FILES if label in told}
    token = None
    if "token_file" in paths:
        try:
            token = paths["token_file"].read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise UnreadableInput(
                f"the token cannot be read: {error}", where=str(paths["token_file"]), hint=hint
            ) from error
    credentials = Credentials(token, None, paths.get("certificate"), paths.get("key"), paths.get("authority"))
    return Membership(told["name"], told["hub"], state, credentials)


def overview(state: Path) -> str:
    """What the member published, what partners said that counts, and appeals, as text."""
    known = membership(state)
    store = known.store
    own = store.published(known.hub)
    lines = [f"{known.name} at {known.hub}"]
    head = store.settings().get(f"journal {known.hub}")
    lines += [f"journal {head}"] if head else []
    for one in own.values():
        if one["type"] == "campaign":
            lines.append(f"published {one['id']}  {'taken back' if one.get('revoked') else one['name']}")
    waiting = len(store.waiting(known.hub, 1_000_000))
    if waiting:
        lines.append(f"{waiting} objects wait to be sent: stillwatch alliance send")
    lines += [f"refused {identifier}: {why}" for identifier, why in store.refused(known.hub)]
    lines += [f"could not be read: {identifier}, for {why}" for identifier, why in store.dead_letters()[-_MOST_NAMED:]]
    said: dict[tuple[str, str], int] = {}
    for indicator in partner_indicators(state):
        group = (indicator.partner, indicator.campaign or "no campaign")
        said[group] = said.get(group, 0) + 1
    lines += [f"{partner} says {count} indicators of {campaign}" for (partner, campaign), count in sorted(said.items())]
    lines += [str(one) for one in feedback(store)[-_MOST_NAMED:]]
    lines += [f"appeal {one.case} {one.status}, about {', '.join(one.objects)}" for one in appeals(store)]
    return "\n".join(lines)
