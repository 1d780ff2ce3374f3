"""What the plain reader accepts is well-formed, and read as from a tree; what EC2 sends is accepted."""

from __future__ import annotations

import random
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from amitui.ec2.parse import ResponseReader
from amitui.ec2.plain_xml import UnusualXml
from amitui.ec2.response_table import BOOLEAN, INTEGER, TEXT, TIMESTAMP, ListKind, ResponseTable, StructureKind
from tests.support.pages import images_body, images_table
from tests.unit.test_parse import body_of, disguised, output_shape

_NAMESPACE = 'xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"'
_TABLE = ResponseTable(
    "root",
    {
        "root": {
            "a": ("A", TEXT),
            "n": ("N", INTEGER),
            "b": ("B", BOOLEAN),
            "t": ("T", TIMESTAMP),
            "s": ("S", StructureKind("root")),
            "l": ("L", ListKind(TEXT)),
            "m": ("M", ListKind(StructureKind("root"))),
            "k": ("K", ListKind(ListKind(INTEGER))),
        }
    },
)
_READER = ResponseReader(_TABLE, str)
_IMAGES = ResponseReader(images_table(), str)


def accepts(reader: ResponseReader, body: bytes) -> bool:
    """Whether the plain reader takes a body, which then is read as from a tree."""
    try:
        root, found = reader._plain.read(body)
    except UnusualXml:
        return False
    assert found == reader._read_tree(body, "")
    assert fromstring(body).tag.rpartition("}")[2] == root
    return True


_TEXTS = st.sampled_from(
    ["", "text", "12", "-1", "true", " ", "a > b", "\n", "é日", "&amp;lt;", "&#65;&#x1F600;", "]]"]
)
_LEAVES = st.builds(
    "<{0}>{1}</{0}>".format, st.sampled_from(["a", "n", "b", "t", "item", "x", "requestId"]), _TEXTS
)
_EMPTY = st.sampled_from(["a", "n", "b", "s", "l", "m", "k", "item", "x", "requestId"]).map("<{}/>".format)
_ELEMENTS = st.recursive(
    _LEAVES | _EMPTY,
    lambda inner: st.builds(
        "<{0}>\n{1}\n</{0}>\n".format,
        st.sampled_from(["s", "l", "m", "k", "item", "x"]),
        st.lists(inner, max_size=4).map("".join),
    ),
    max_leaves=12,
)
_ODDITIES = [
    *("text", "12", "true", " ", "\n", "\r", "\t", "\u00a0", "\x00", "\ufffe", "\ufeff", "é日"),
    *("]]>", "]]", ">", "<", "/", "=", "<a", "a>", "<>", "</>", "<//>", "<1/>", "<a//>", "< a>"),
    *("&amp;", "&lt;", "&", "&x;", "&AMP;", "&;", "&#65;", "&#x1F600;", "&#x41", "&#;", "&#0;", "&#xD800;"),
    *("&#xFFFE;", "&#1114112;", "&#99999999999;", "<!-- c -->", "<![CDATA[x]]>", "<?p i?>", "<!DOCTYPE R>"),
    *('<a b="c">', "<a >", "</a >", "<a/ >", "<s><a>1</a></s>", "<l><item>1</item></l>"),
    *("<m><item><n>2</n></item></m>", "<k><item><item>3</item></item></k>"),
]
_STARTS = ["<R>", f"<R {_NAMESPACE}>", '<R xmlns="u">', "<R/>", "<r:R>", '<R a="b">', "\n<R>", "<?x?><R>"]
_ENDS = ["</R>", "</R>\n", "</R>x", "</R>\u00a0", "", "</Q>", "</R><!-- -->", "</R>&amp;", "</R><a/>", "</R"]


def often(usual: str, others: list[str]) -> st.SearchStrategy[str]:
    return st.one_of(*[st.just(usual)] * 3, st.sampled_from(others))


@settings(max_examples=400, deadline=None)
@given(
    often('<?xml version="1.0" encoding="UTF-8"?>\n', ["", "<?xml version='1.0'?>", "\ufeff"]),
    often("<R>", _STARTS),
    st.lists(_ELEMENTS, max_size=5).map("".join),
    often("</R>", _ENDS),
    st.floats(0, 1),
    often("", _ODDITIES),
)
@example("", "<R>", "<a>1</a><a>2</a><requestId></requestId>", "</R>", 0, "")
@example("", "<R>", "<a</a>", "</R>", 0, "")
@example("", "<R>", "<x><a>1</a></x><x/>", "</R>", 0, "")
@example("", "<R>", "<x><a>1</x></a>", "</R>", 0, "")
@example("", "<R>", "<k><item><item>1</item>&</item></k>", "</R>", 0, "")
@example("", "<R>", "<s>a<a>1</a>&lt;</s>", "</R>", 0, "")
@example("", "<R>", "<a>1</a<n>2</n>", "</R>", 0, "")
@example("", "<R>", "<s<a>1</a></s>", "</R>", 0, "")
@example("", "<R>", "<s/<a>1</a>", "</R>", 0, "")
@example("", "<R>", "<s></s<a>1</a>", "</R>", 0, "")
@example("", "<R>", "<a>1</a", "</R>", 0, "")
@example("", "<R>", "<a>1</a>", "</R", 0, "")
def test_whatever_is_accepted_is_read_as_from_a_tree(
    head: str, root: str, inner: str, tail: str, place: float, oddity: str
) -> None:
    at = int(place * len(inner))
    accepts(_READER, (head + root + inner[:at] + oddity + inner[at:] + tail).encode())


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32), st.lists(st.tuples(st.floats(0, 0.999), st.binary(max_size=3)), max_size=2))
def test_an_answer_that_was_damaged_is_read_as_from_a_tree_or_left_to_one(
    seed: int, damage: list[tuple[float, bytes]]
) -> None:
    body = body_of(output_shape("DescribeImages"), random.Random(seed), missing=0.8)
    for place, instead in damage:
        at = int(place * len(body))
        body = body[:at] + instead + body[at + 1 :]
    accepts(_IMAGES, body)


def test_what_ec2_sends_is_accepted() -> None:
    odd = {
        "ImageId": "ami-1",
        "Name": "a]b>c <&> \"'",
        "Description": "é日🚀",
        "Tags": [],
        "BlockDeviceMappings": [],
    }
    assert accepts(_IMAGES, images_body(50, "next", more=(odd, {})))
    body = body_of(output_shape("DescribeImages"), random.Random(1), missing=0.1)
    assert accepts(_IMAGES, body)


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        ("<a>&lt;&#x41;&#66;&amp;amp;&quot;&apos;&gt;</a>", {"A": "<AB&amp;\"'>"}),
        ("<a/><n/><s/><l/><m><item/></m>", {"A": "", "S": {}, "L": [], "M": [{}]}),
        ("<n>x</n><k><item><item>1</item><item>y</item></item></k>", {"K": [[1]]}),
        ("<later><a>1</a><item/><a>2</a></later><a>3</a>", {"A": "3"}),
        ("<requestId>r</requestId>", {"ResponseMetadata": {"RequestId": "r"}}),
        ("<requestId/>", {"ResponseMetadata": {"RequestId": None}}),
    ],
)
def test_plain_answers_are_read_without_a_tree(inner: str, expected: dict[str, Any]) -> None:
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<R {_NAMESPACE}>\n{inner}\n</R>\n'.encode()
    assert _READER._plain.read(body) == ("R", expected)
    assert accepts(_READER, body)


def test_xml_that_is_written_differently_is_left_to_a_tree() -> None:
    body = images_body(20)
    assert accepts(_IMAGES, body)
    assert not any(accepts(_IMAGES, disguised(body, random.Random(seed))) for seed in range(10))


def test_a_table_with_a_request_id_of_its_own_is_left_to_a_tree() -> None:
    table = ResponseTable("root", {"root": {"requestId": ("Id", TEXT)}})
    reader = ResponseReader(table, str)
    assert not accepts(reader, b"<R><requestId>r</requestId></R>")
    assert reader.read(b"<R><requestId>r</requestId></R>") == {"Id": "r", "ResponseMetadata": {"RequestId": "r"}}


def test_what_was_remembered_of_other_documents_changes_nothing() -> None:
    # More texts and more ways to indent than are remembered.
    reader = ResponseReader(_TABLE, str)
    for number in range(6_000):
        blanks = " " * (number % 97) + "\n" * (number % 61)
        body = f"<R>{blanks}<a>{number}</a>{blanks}<m><item><n>{number}</n></item></m></R>".encode()
        assert reader.read(body) == {"A": str(number), "M": [{"N": number}]}
        assert reader._plain._steps < 5_100


def test_long_texts_are_read_and_not_remembered() -> None:
    reader = ResponseReader(_TABLE, str)
    texts = [str(number) * 300 for number in range(1, 5)]
    for text in texts:
        assert reader.read(f"<R><a>{text}</a></R>".encode()) == {"A": text}
    assert reader.read(b"<R><a>short</a></R>") == {"A": "short"}
    remembered = [part for element in _elements(reader) for part in element]
    assert any("short" in part for part in remembered)
    assert not any(text in part for text in texts for part in remembered)


def _elements(reader: ResponseReader) -> list[dict[str, Any]]:
    """Every element that the plain reader has met, each with the parts that it remembers."""
    found = {id(element): element for element in reader._plain._before.values()}
    waiting = list(found.values())
    while waiting:
        for step in waiting.pop().steps.values():
            if id(step.open) not in found:
                found[id(step.open)] = step.open
                waiting.append(step.open)
    return list(found.values())
