"""The pages of the documentation, as they come with the package or stand in the checkout that it runs from."""

from __future__ import annotations

import difflib
from pathlib import Path

from stillwatch.core import BadSetting, UnreadableInput

__all__ = ["list_pages", "read_page"]

_PACKAGE = Path(__file__).parent.parent
_PLACES = (_PACKAGE / "docs", _PACKAGE.parent.parent / "docs")
"""In a wheel, and in a checkout."""


def list_pages() -> str:
    """The names of all pages with their headings, section by section.

    Raises:
        UnreadableInput: no pages came with it.
    """
    told: list[str] = []
    section = None
    for name, path in _pages().items():
        if path.parent.name != section:
            section = path.parent.name
            told.append(f"\n{section}")
        told.append(f"  {name:28s} {_heading(path)}")
    return "\n".join(told).lstrip("\n") + "\n\nstillwatch docs NAME prints one"


def read_page(topic: str) -> str:
    """The text of a page.

    Args:
        topic: its name, with or without its folder and ``.md``.

    Raises:
        BadSetting: there is no such page.
        UnreadableInput: no pages came with it.
    """
    pages = _pages()
    name = topic.rsplit("/", 1)[-1].removesuffix(".md")
    # A folder of that name, told apart where two pages are called alike: explanation/policy, reference/...
    wanted = [path for one, path in pages.items() if name in (one, path.stem)]
    if topic.count("/"):
        wanted = [path for path in wanted if path.parent.name == topic.removesuffix(".md").split("/")[-2]] or wanted
    if not wanted:
        near = difflib.get_close_matches(name, pages, n=3, cutoff=0.4)
        hint = f"is it {', '.join(near)}? " if near else ""
        raise BadSetting("there is no such page", where=topic, hint=f"{hint}`stillwatch docs` lists them")
    return wanted[0].read_text(encoding="utf-8").rstrip()


def _pages() -> dict[str, Path]:
    """Pages by name, in the order of folders; a name that two pages have carries its folder."""
    for place in _PLACES:
        found = [path for path in sorted(place.glob("*/*.md")) if path.parent.name != "adr"]
        if found:
            stems = [path.stem for path in found]
            return {
                path.stem if stems.count(path.stem) == 1 else f"{path.parent.name}/{path.stem}": path for path in found
            }
    raise UnreadableInput("no pages came with this installation", where=str(_PLACES[0]))


def _heading(path: Path) -> str:
    with path.open(encoding="utf-8") as lines:
        return next((line[2:].strip() for line in lines if line.startswith("# ")), path.stem)
