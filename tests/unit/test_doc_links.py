"""What the pages of the documentation link to is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.doc_pages import PAGES, ROOT, anchors, links


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    wrong = []
    for link in links(page):
        if re.match(r"https?://", link):
            continue
        target, _, anchor = link.partition("#")
        file = (page.parent / target).resolve() if target else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            wrong.append(link)
    assert wrong == []


def test_every_page_is_in_the_menu_of_the_site() -> None:
    menu = set(re.findall(r"([\w-]+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE))
    assert menu == {page.name for page in PAGES if page.name != "README.md"}


def test_pages_of_the_site_are_linked_from_its_first() -> None:
    first = ROOT / "docs" / "index.md"
    inside = {"index.md", "README.md", "architecture.md", "performance.md", "simulated-ec2.md", "growth.svg"}
    assert {page.name for page in PAGES} - inside <= {link.partition("#")[0] for link in links(first)}
