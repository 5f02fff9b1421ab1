"""Checks that nothing Stillwatch installs, core or extra, is under GPL or AGPL.

Reads, for every distribution in the environment it runs in, the licence it declares and the
licence files it carries. A package that declares nothing plain, or whose files hold the text of
the GPL although it declares another licence, must stand in ``REVIEWED`` with what a person found
when reading them; to admit one, read its files and add a line there.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

__all__ = ["Finding", "declared_licence", "examine", "is_forbidden", "licence_texts", "required_names"]

REVIEWED: dict[str, str] = {
    "numpy": "BSD-3-Clause; wheels bundle libgfortran (GPL-3.0 WITH GCC-exception-3.1, which permits it)",
    "psycopg": "LGPL-3.0-only: imported as it comes, neither changed nor linked into anything of ours",
    "psycopg-binary": "LGPL-3.0-only, as psycopg",
    "scipy": "BSD-3-Clause; wheels bundle libgfortran (GPL-3.0 WITH GCC-exception-3.1, which permits it)",
    "torch": "BSD-3-Clause; carries the GPL's text for tests of a library of a library (kineto, dynolog, cpr/test), "
    "which are in no wheel",
}
"""Packages a person has read, by normal name: what was found."""

KNOWN = (
    "0BSD", "Apache", "BSD", "CC0", "ISC", "MIT", "Mozilla Public License", "MPL", "PSF",
    "Python Software Foundation", "Unlicense", "Zlib",
)  # fmt: skip
"""Words that name a licence we know to be permissive, or copyleft by the file only (MPL)."""

_COPYLEFT = re.compile(r"(?<!L)A?GPL|(?<!Lesser )General Public Licen[cs]e|Affero", re.IGNORECASE)
_WHOLE_TEXT = re.compile(r"^\s*GNU (AFFERO )?GENERAL PUBLIC LICENSE\s*$", re.MULTILINE)
_LICENCE_FILE = re.compile(r"licen[cs]e|copying", re.IGNORECASE)
_EXCEPTION = re.compile(r"\b(WITH|exception)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a distribution's licence, in one sentence."""

    name: str
    problem: str


def is_forbidden(licence: str) -> bool:
    """Whether every alternative that ``licence`` offers (``A OR B``) holds a GPL or AGPL part."""
    return all(_is_copyleft(choice) for choice in re.split(r"\bOR\b", licence))


def _is_copyleft(expression: str) -> bool:
    parts = re.split(r"\bAND\b", expression)
    return any(_COPYLEFT.search(part) and not _EXCEPTION.search(part) for part in parts)


def declared_licence(about: metadata.PackageMetadata) -> str:
    """The licence a distribution declares, or "" where its metadata does not say plainly.

    Order: the SPDX expression, then classifiers, then a licence field short enough to be a name.
    """
    if "License-Expression" in about:
        return about["License-Expression"]
    classifiers: Iterable[str] = about.get_all("Classifier") or []
    named = [c.rpartition("::")[2].strip() for c in classifiers if c.startswith("License ::")]
    # "OSI Approved" alone names nothing.
    if named := [name for name in named if name != "OSI Approved"]:
        return " AND ".join(named)
    lines = about["License"].strip().splitlines() if "License" in about else []
    return lines[0] if lines and len(lines[0]) <= 60 else ""


def examine(name: str, licence: str, texts: Iterable[str]) -> Finding | None:
    """The finding against one distribution; None where its licence will do.

    Args:
        name: the distribution, in its normal form.
        licence: what it declares; "" where that is not plain.
        texts: the contents of the licence files it carries.
    """
    if licence and is_forbidden(licence):
        return Finding(name, f"is under {licence}")
    if name in REVIEWED:
        return None
    if not any(word.casefold() in licence.casefold() for word in KNOWN):
        return Finding(name, f"does not say its licence plainly ({licence or 'nothing declared'}): read it")
    if any(_WHOLE_TEXT.search(text) for text in texts):
        return Finding(name, f"declares {licence} and carries the text of the GPL: read why")
    return None


def licence_texts(found: metadata.Distribution) -> Iterator[str]:
    """The contents of the licence files that a distribution carries."""
    for file in found.files or []:
        if ".dist-info" in file.parts[0] and _LICENCE_FILE.search(str(file)):
            path = Path(str(file.locate()))
            if path.is_file():
                yield path.read_text(encoding="utf-8", errors="replace")


def required_names(files: Iterable[Path]) -> set[str]:
    """Names pinned in requirement files, those for other platforms and Pythons left out."""
    pinned: set[str] = set()
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            if match := re.match(r"([A-Za-z0-9._-]+)==[^;]*(;.*(?:sys_platform|python_full_version) (?:==|<) )?", line):
                name, elsewhere = match.groups()
                if not elsewhere:
                    pinned.add(_normal(name))
    return pinned


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _findings(installed: dict[str, metadata.Distribution], required: set[str]) -> Iterator[Finding]:
    for name, found in sorted(installed.items()):
        if finding := examine(name, declared_licence(found.metadata), licence_texts(found)):
            yield finding
    for name in sorted(required - installed.keys()):
        yield Finding(name, "is required but not installed, so its licence was not seen")
    for name in sorted(REVIEWED.keys() - installed.keys()):
        yield Finding(name, "stands in REVIEWED and is not installed: take it out")


def main() -> int:
    """Print the findings; the exit status is 1 where there are any."""
    root = Path(__file__).resolve().parent.parent
    installed = {_normal(found.name): found for found in metadata.distributions()}
    required = required_names(sorted((root / "requirements").glob("*.txt")))
    findings = list(_findings(installed, required))
    for finding in findings:
        print(f"licences: {finding.name} {finding.problem}", file=sys.stderr)
    if not findings:
        print(f"licences: {len(installed)} distributions, none under GPL or AGPL")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
