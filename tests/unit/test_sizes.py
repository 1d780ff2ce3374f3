"""Files, classes and functions stay small enough to be read; what is longer has its reason here."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import amitui

FILE_LINES: Final = 350
CLASS_LINES: Final = 250
FUNCTION_LINES: Final = 40
"""Without the docstring."""

_FIELDS: Final = "makes the fields of a form one after the other: a list, without branches"
_RECORDS: Final = "data of the demo: what one family or record looks like, field by field"
_INDEX: Final = "a short method for each transaction over one connection"
_SEARCH: Final = "a short method for each thing that is asked, over the files that are open"
_JOURNAL: Final = "a short method for each transaction over one file, and what locks it"
_ENGINE: Final = "one lock and one table of running operations, which every method needs"
_TABLE: Final = "a widget's interface: keys, mouse, messages; what it shows is composed elsewhere"
_APPLICATION: Final = "Textual's hooks and what screens ask of the application, a few lines each"
_FORM: Final = "two pages and the way between them; every step looks at the fields and at the review"
_TWO_SOURCES: Final = "an image from a snapshot or from a manifest: the two share most of the fields"
_GRAMMAR: Final = "one grammar: a short method for each rule"

_STORE: Final = "a short method for each thing that is done with stored records, under one lock or on one thread"
_PARTS: Final = "makes the parts of the simulated cloud one after the other: a list, without branches"
_EVENTS: Final = "one case for each kind of event"
_FAULTS: Final = "one case for each kind of failure"
_PREDICATES: Final = "one short function for each kind of predicate"
_MAIN_SCREEN: Final = "the main screen: a short handler for each message of its parts"
EXCEPTIONS: Final = {
    "catalog/store.py SegmentStore": _STORE,
    "catalog/sync/ingest.py ShardWriter": _STORE,
    "catalog/sync/service.py": _STORE,
    "catalog/sync/service.py CatalogService": _STORE,
    "services/catalogue.py Catalogue": _STORE,
    "demo/cloud/cloud.py Cloud.__init__": _PARTS,
    "demo/cloud/instance_records.py _interface": _RECORDS,
    "demo/cloud/instance_records.py api_record": _RECORDS,
    "demo/cloud/pricing/pricing.py _product": _RECORDS,
    "domain/operations/operation.py apply": _EVENTS,
    "os_faults.py explain": _FAULTS,
    "ui/forms/roll_out.py RollOutForm._make_options": _FIELDS,
    "catalog/index/writer.py": _INDEX,
    "catalog/index/writer.py CatalogIndex": _INDEX,
    "catalog/search/best.py": _SEARCH,
    "catalog/search/best.py BestSearch": _SEARCH,
    "catalog/search/view.py": _SEARCH,
    "catalog/search/view.py CatalogReader": _SEARCH,
    "catalog/search/compile.py": _PREDICATES,
    "catalog/search/compile.py Compiler": _PREDICATES,
    "catalog/search/region_file.py RegionFile": _SEARCH,
    "catalog/search/region_search.py RegionSearch": _SEARCH,
    "demo/seed/marketplace.py marketplace_record": _RECORDS,
    "demo/seed/partner_families.py _community_distributions": _RECORDS,
    "demo/seed/partner_families.py _ubuntu": _RECORDS,
    "demo/seed/strangers.py community_record": _RECORDS,
    "demo/seed/team.py _golden_build": _RECORDS,
    "domain/products/word_table.py": "made of the data files by a program",
    "domain/query/parser.py": _GRAMMAR,
    "operations/engine.py": _ENGINE,
    "operations/engine.py OperationEngine": _ENGINE,
    "operations/journal.py Journal": _JOURNAL,
    "ui/app.py": _APPLICATION,
    "ui/app.py AmituiApp": _APPLICATION,
    "ui/forms/copy/form.py CopyForm.__init__": _FIELDS,
    "ui/forms/create.py CreateForm.__init__": _FIELDS,
    "ui/forms/form.py": _FORM,
    "ui/forms/form.py OperationForm": _FORM,
    "ui/forms/launch/fields.py LaunchFields.__init__": _FIELDS,
    "ui/forms/launch/volume.py VolumeForm.__init__": _FIELDS,
    "ui/forms/register.py": _TWO_SOURCES,
    "ui/forms/register.py RegisterForm": _TWO_SOURCES,
    "ui/forms/register.py RegisterForm.__init__": _FIELDS,
    "ui/forms/share/fields.py ShareFields.__init__": _FIELDS,
    "ui/screens/browse.py": _MAIN_SCREEN,
    "ui/screens/browse.py BrowseScreen": _MAIN_SCREEN,
    "ui/widgets/image_table/table.py": _TABLE,
    "ui/widgets/image_table/table.py ImageTable": _TABLE,
}
"""By the file below `amitui/` and what is in it, why it is longer."""


class Measured(NamedTuple):
    """Something with a size."""

    name: str
    lines: int
    most: int


def measured(name: str, text: str) -> Iterator[Measured]:
    """The file, and every class and function in it, nested ones too."""
    yield Measured(name, len(text.splitlines()), FILE_LINES)
    yield from _inside(ast.parse(text), f"{name} ")


def _inside(parent: ast.AST, before: str) -> Iterator[Measured]:
    for node in ast.iter_child_nodes(parent):
        if isinstance(node, ast.ClassDef):
            yield Measured(before + node.name, _lines(node), CLASS_LINES)
            yield from _inside(node, f"{before}{node.name}.")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            documented = ast.get_docstring(node) is not None
            yield Measured(
                before + node.name, _lines(node) - (_lines(node.body[0]) if documented else 0), FUNCTION_LINES
            )
            yield from _inside(node, f"{before}{node.name}.")
        else:
            yield from _inside(node, before)


def _lines(node: ast.stmt) -> int:
    assert node.end_lineno is not None
    return node.end_lineno - node.lineno + 1


def everything() -> list[Measured]:
    package = Path(amitui.__file__).parent
    return [
        one
        for path in sorted(package.rglob("*.py"))
        for one in measured(path.relative_to(package).as_posix(), path.read_text(encoding="utf-8"))
    ]


def test_nothing_is_longer_than_it_may_be_without_a_reason() -> None:
    found = {one.name: one for one in everything() if one.lines > one.most}
    longer = [
        f"{one.name}: {one.lines} lines of {one.most}" for one in found.values() if one.name not in EXCEPTIONS
    ]
    assert not longer, "split it by responsibility"
    assert not EXCEPTIONS.keys() - found.keys(), "it is short now: take its reason away"


def test_what_is_measured_is_the_lines_of_files_classes_and_functions_without_docstrings() -> None:
    text = '''"""A module."""

class Outer:
    """Words."""

    def inner(self):
        """More
        words."""
        def innermost():
            return 1
        return innermost

    async def other(self): ...
'''
    assert [(one.name, one.lines) for one in measured("a.py", text)] == [
        ("a.py", 13),
        ("a.py Outer", 11),
        ("a.py Outer.inner", 4),
        ("a.py Outer.inner.innermost", 2),
        ("a.py Outer.other", 1),
    ]
    assert {one.most for one in measured("a.py", text)} == {FILE_LINES, CLASS_LINES, FUNCTION_LINES}
