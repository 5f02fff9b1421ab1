"""``stillwatch alliance``: ``member`` publishes and pulls, ``feedback`` answers, ``hub`` serves, ``rounds`` matches."""

from __future__ import annotations

import cyclopts

from stillwatch.cli.alliance.feedback import feedback_app
from stillwatch.cli.alliance.hub import hub_app
from stillwatch.cli.alliance.member import member_app
from stillwatch.cli.alliance.rounds import rounds_app
from stillwatch.cli.joining import join_commands

__all__ = ["alliance_app", "feedback_app", "hub_app", "member_app", "rounds_app"]

alliance_app = cyclopts.App(name="alliance")
for _part in (member_app, feedback_app, hub_app, rounds_app):
    join_commands(alliance_app, _part)
