"""Every path of the console in one table: its method, the least role that may use it, and the view that answers.

The server holds each request to this table before any view runs, and a test walks it with every role. To add a page,
write its view under ``views`` and give it a line here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from starlette.responses import Response

from stillwatch.console.asking import Ask
from stillwatch.console.views import (
    account,
    accounts,
    alliance,
    appeals,
    campaign,
    campaign_file,
    case,
    dead_letters,
    exchange,
    files,
    gateway,
    home,
    labels,
    links,
    log,
    overview,
    people,
    policy,
    provider,
    queue,
    requests,
    saved,
    search,
    together,
)

__all__ = ["ROUTES", "Route"]


@dataclass(frozen=True, slots=True)
class Route:
    """A path.

    Attributes:
        method: ``GET`` changes nothing but the log of who looked; ``POST`` is held to its form's token.
        path: with the parts it names in braces.
        role: the least that may; None: whoever comes.
        view: what answers.
    """

    method: str
    path: str
    role: str | None
    view: Callable[[Ask], Response]


_RUN = "/runs/{run}"

ROUTES: tuple[Route, ...] = (
    Route("GET", "/sign-in", None, people.sign_in_page),
    Route("POST", "/sign-in", None, people.sign_in),
    Route("GET", "/sign-in/provider", None, provider.go_there),
    Route("GET", "/sign-in/provider/back", None, provider.come_back),
    Route("GET", "/welcome/{token}", None, people.welcome_page),
    Route("POST", "/welcome/{token}", None, people.welcome),
    Route("POST", "/sign-out", "viewer", people.sign_out),
    Route("GET", "/", "viewer", home.home),
    Route("GET", "/search", "viewer", search.search),
    Route("GET", _RUN, "viewer", overview.overview),
    Route("POST", f"{_RUN}/decide", "approver", overview.decide_run),
    Route("GET", f"{_RUN}/policy", "viewer", policy.policy),
    Route("POST", f"{_RUN}/policy/try", "analyst", policy.try_draft),
    Route("GET", f"{_RUN}/report.html", "analyst", files.report),
    Route("GET", f"{_RUN}/findings.ocsf.jsonl", "analyst", files.findings),
    Route("GET", f"{_RUN}/dead-letters", "analyst", dead_letters.dead_letters),
    Route("GET", f"{_RUN}/campaigns", "viewer", overview.campaigns),
    Route("GET", f"{_RUN}/campaigns/{{campaign}}", "viewer", campaign.campaign),
    Route("GET", f"{_RUN}/campaigns/{{campaign}}/graph.json", "viewer", campaign.graph),
    Route("GET", f"{_RUN}/campaigns/{{campaign}}/templates", "analyst", campaign.templates),
    Route("GET", f"{_RUN}/campaigns/{{campaign}}/finding.ocsf.json", "analyst", files.finding),
    Route("GET", f"{_RUN}/campaigns/{{campaign}}/page.html", "analyst", campaign_file.page),
    Route("POST", f"{_RUN}/campaigns/{{campaign}}/page.html", "analyst", campaign_file.page_in_clear),
    Route("GET", f"{_RUN}/campaigns/{{campaign}}/leaves", "analyst", alliance.leaves),
    Route("GET", f"{_RUN}/accounts", "viewer", accounts.accounts),
    Route("POST", f"{_RUN}/accounts/label", "analyst", accounts.label_alike),
    Route("GET", f"{_RUN}/account", "viewer", account.account),
    Route("GET", f"{_RUN}/account/hours.json", "viewer", account.hours),
    Route("GET", f"{_RUN}/account/neighbours.json", "viewer", links.neighbours),
    Route("GET", f"{_RUN}/account/links", "viewer", links.links),
    Route("GET", f"{_RUN}/account/stretch", "viewer", requests.stretch),
    Route("GET", f"{_RUN}/exchange", "viewer", exchange.exchange),
    Route("GET", f"{_RUN}/account/link", "viewer", links.link),
    Route("GET", f"{_RUN}/account/requests", "viewer", requests.requests),
    Route("POST", f"{_RUN}/account/unmask", "analyst", requests.unmask),
    Route("POST", f"{_RUN}/account/label", "analyst", labels.set_label),
    Route("POST", f"{_RUN}/account/comment", "analyst", account.comment),
    Route("GET", "/queue", "viewer", queue.queue),
    Route("POST", "/queue/next", "analyst", queue.next_case),
    Route("POST", "/queue/together", "analyst", together.preview),
    Route("POST", "/queue/together/assess", "analyst", together.assess_all),
    Route("POST", "/queue/together/approve", "approver", together.approve_all),
    Route("POST", "/queue/together/refuse", "analyst", together.refuse_all),
    Route("POST", "/queue/together/reopen", "analyst", together.reopen_all),
    Route("POST", "/queue/together/release", "analyst", together.release_all),
    Route("GET", "/cases/{case}", "viewer", case.case),
    Route("POST", "/cases/{case}/claim", "analyst", case.claim),
    Route("POST", "/cases/{case}/release", "analyst", case.release),
    Route("POST", "/cases/{case}/assess", "analyst", case.assess_case),
    Route("POST", "/cases/{case}/approve", "approver", case.approve_case),
    Route("POST", "/cases/{case}/refuse", "analyst", case.refuse_case),
    Route("POST", "/cases/{case}/reopen", "analyst", case.reopen_case),
    Route("POST", "/cases/{case}/comment", "analyst", case.comment),
    Route("POST", "/cases/{case}/appeal", "analyst", appeals.file),
    Route("GET", "/labels", "viewer", labels.labels),
    Route("GET", "/saved", "viewer", saved.saved),
    Route("POST", "/saved", "viewer", saved.save),
    Route("POST", "/saved/forget", "viewer", saved.forget),
    Route("POST", "/s", "viewer", saved.shorten),
    Route("GET", "/s/{short}", "viewer", saved.follow),
    Route("GET", "/appeals", "analyst", appeals.appeals),
    Route("GET", "/appeals/{appeal}", "analyst", appeals.appeal),
    Route("POST", "/appeals/{appeal}/resolve", "approver", appeals.resolve),
    Route("GET", "/gateway", "viewer", gateway.gateway),
    Route("GET", "/alliance", "analyst", alliance.alliance),
    Route("GET", "/people", "admin", people.everyone),
    Route("POST", "/people", "admin", people.invite),
    Route("POST", "/people/role", "admin", people.change_role),
    Route("POST", "/people/shut-out", "admin", people.shut_out),
    Route("POST", "/people/let-in", "admin", people.let_in),
    Route("GET", "/audit", "admin", log.log),
)
