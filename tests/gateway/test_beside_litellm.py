"""The gateway's part installs beside LiteLLM's proxy: no version that a resolver chose for it is out of our bounds."""

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent.parent


def name_of(text: str) -> str:
    return re.sub(r"[-_.]+", "-", text).lower()


def test_every_package_that_litellm_pins_is_within_our_bounds() -> None:
    pins = {
        name_of(name): version
        for name, version in re.findall(
            r"^([\w.-]+)==([\w.+!-]+)",
            (ROOT / "requirements/peers/litellm.txt").read_text(encoding="utf-8"),
            re.MULTILINE,
        )
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    ours = [Requirement(one) for one in project["dependencies"] + project["optional-dependencies"]["gateway"]]
    shared = [one for one in ours if name_of(one.name) in pins]
    assert {"rich", "uvicorn"} <= {name_of(one.name) for one in shared}
    apart = {str(one): pins[name_of(one.name)] for one in shared if not one.specifier.contains(pins[name_of(one.name)])}
    assert apart == {}
