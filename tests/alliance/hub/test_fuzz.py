"""Whatever comes, the hub answers and does not fail: its own description fuzzed, then objects of any shape."""

import json
from typing import Any

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stillwatch.alliance.hub import Hub, admit, create_app, journal_entries
from stillwatch.alliance.stix import MARKINGS, identity_id, read_pattern

TAXII = "application/taxii+json;version=2.1"
CALM = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.mark.slow
def test_every_endpoint_answers_anything_with_an_answer_of_its_own(hub: Hub) -> None:
    app = create_app(hub)
    headers = {"Authorization": f"Bearer {admit(hub, 'acme')}", "Accept": TAXII}
    schema = schemathesis.openapi.from_asgi("/openapi.json", app, headers=headers)
    tried = 0
    for found in schema.get_all_operations():
        operation: Any = found.ok()  # type: ignore[union-attr]

        @settings(CALM, max_examples=25)
        @given(case=operation.as_strategy())
        def run(case: Any) -> None:
            nonlocal tried
            tried += 1
            # Most names are nobody's collection; every second one shall be.
            if tried % 2 and "collection" in (case.path_parameters or {}):
                case.path_parameters["collection"] = "amber"
            answer = case.call(headers=headers)
            assert answer.status_code < 500, (case.method, case.path, answer.text)
            if answer.status_code >= 400:
                assert json.loads(answer.text)["http_status"] == str(answer.status_code)

        run()
    assert tried > 150
    assert sum(1 for _ in journal_entries(hub)) > 10


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
NAMES = ["id", "type", "spec_version", "created", "modified", "created_by_ref", "object_marking_refs", "revoked"]
GOOD: dict[str, Any] = {
    "type": "note",
    "spec_version": "2.1",
    "id": "note--00000000-0000-4000-8000-000000000000",
    "created": "2026-11-24T12:00:00Z",
    "modified": "2026-11-24T12:00:00Z",
    "created_by_ref": identity_id("acme"),
    "object_marking_refs": [MARKINGS["amber"]],
}
near = st.dictionaries(st.sampled_from(NAMES), values, max_size=3).map(lambda change: GOOD | change)


def test_objects_of_any_shape_are_taken_or_refused(hub: Hub) -> None:
    headers = {"Authorization": f"Bearer {admit(hub, 'acme')}", "Accept": TAXII, "Content-Type": TAXII}
    with TestClient(create_app(hub), headers=headers, raise_server_exceptions=False) as client:

        @settings(CALM, max_examples=70)
        @given(things=st.lists(values | near, min_size=1, max_size=4))
        def run(things: list[Any]) -> None:
            body = json.dumps({"objects": things}).encode("utf-8", "surrogatepass")
            answer = client.post("/alliance/collections/amber/objects/", content=body)
            assert answer.status_code in (202, 400), answer.text
            if answer.status_code == 202:
                told = answer.json()
                assert told["success_count"] + told["failure_count"] == len(things)
            page = client.get("/alliance/collections/amber/objects/", params={"match[version]": "all"})
            assert page.status_code == 200

        run()


@settings(CALM, max_examples=400)
@given(text=st.text() | st.text(alphabet="[]'\\=:-%@/0123456789 ipvaddremlLIKEISSUBSET"))
def test_no_pattern_upsets_its_reader(text: str) -> None:
    for pattern in (text, f"[{text}]", f"[ipv4-addr:value = '{text}']", f"[email-addr:value LIKE '{text}']"):
        read_pattern(pattern)
