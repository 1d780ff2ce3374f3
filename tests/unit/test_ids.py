"""Reading ids as people copy them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amitui.domain.ids import copied_ids, read_id, read_ids
from amitui.domain.query.parser import parse_query

LONG, SHORT = "ami-0123456789abcdef0", "ami-9daa99ad"
CONSOLE = "https://us-east-1.console.aws.amazon.com/ec2/home?region=us-east-1#"


@pytest.mark.parametrize(
    "text",
    [
        LONG,
        f" {LONG} ",
        f'"{LONG}",',
        f"'{LONG}'",
        f"“{LONG}”",
        f"({LONG}).",
        f"[{LONG}]",
        LONG.upper(),
        f"{LONG}\u200b",
        LONG.replace("-", "\u2011"),
        f"arn:aws:ec2:us-east-1::image/{LONG}",
        f"image/{LONG}",
        f"arn:aws-cn:ec2:cn-north-1:123456789012:image/{LONG}",
        f"{CONSOLE}ImageDetails:imageId={LONG}",
        f"{CONSOLE}Images:visibility=public-images;imageId=:{LONG};v=3",
        f"{CONSOLE}ImageDetails%3AimageId%3D{LONG}",
        f"{LONG},{LONG}",
    ],
)
def test_an_id_is_read_with_what_is_around_it(text: str) -> None:
    assert read_id("ami", text) == LONG


@pytest.mark.parametrize(
    "text",
    [
        f"{LONG},{SHORT}",
        f"{LONG} {SHORT}",
        f"{LONG}\n{SHORT}\n",
        f"{LONG}{SHORT}",
        f'["{LONG}", "{SHORT}"]',
        f"{LONG};{SHORT};",
        f"{LONG}|{SHORT}",
    ],
)
def test_a_list_of_ids_is_read_whole(text: str) -> None:
    assert read_ids("ami", text) == (LONG, SHORT)
    assert read_id("ami", text) == text.strip()


@pytest.mark.parametrize(
    "text",
    [
        "ami-0123",
        f"{LONG}f",
        "ami-0123456789abcdefg",
        f"{LONG} and more",
        "snap-0123456789abcdef0",
        f"x{LONG}",
        f"{CONSOLE}ImageDetails:imageId={LONG}&other={SHORT}",
        "",
    ],
)
def test_what_is_no_id_or_not_only_ids_is_none(text: str) -> None:
    assert read_ids("ami", text) == ()


ids = st.one_of(
    st.text("0123456789abcdef", min_size=17, max_size=17), st.text("0123456789abcdef", min_size=8, max_size=8)
).map("snap-{}".format)


@given(st.lists(ids, max_size=5), st.sampled_from([",", " ", "\n", "", "; ", '", "', "|"]), st.booleans())
def test_any_list_of_ids_is_read_back(wanted: list[str], separator: str, capitals: bool) -> None:
    text = separator.join(wanted)
    assert read_ids("snap", text.upper() if capitals else text) == tuple(dict.fromkeys(wanted))


@given(st.text(max_size=40) | st.text("ami-0123456789abcdef ,", max_size=60))
def test_no_id_comes_out_that_is_not_in_the_text(text: str) -> None:
    assert all(one in text.lower() for one in read_ids("ami", text))


@pytest.mark.parametrize(
    "text",
    [
        f"{LONG},{SHORT}",
        f"{LONG} {SHORT}",
        f"{LONG}{SHORT}",
        f"{LONG} | {SHORT}",
        f"{LONG.upper()}, {SHORT},",
        f"arn:aws:ec2:us-east-1::image/{LONG} {CONSOLE}ImageDetails:imageId={SHORT}",
    ],
)
def test_a_search_for_several_ids_finds_any_of_them(text: str) -> None:
    query = parse_query(text, now=0)
    assert query.image_ids() == (LONG, SHORT)
    assert len(query.clauses) == 1
    narrowed = parse_query(f"{text} arch:arm64", now=0)
    assert len(narrowed.clauses) == 2


def test_other_words_are_still_words_beside_an_id() -> None:
    query = parse_query(f"web {LONG} -{SHORT}", now=0)
    assert [len(clause) for clause in query.clauses] == [1, 1, 1]
    assert query.image_ids() == (LONG,)


@pytest.mark.parametrize(
    "text",
    [
        f'["{LONG}","{SHORT}"]',
        f'[\n  "{LONG}",\n  "{SHORT}"\n]',
        f'"ImageId": "{LONG}", "ImageId": "{SHORT}",',
        f'{{"ImageId": "{LONG}"}} {{"ImageId": "{SHORT}"}}',
        f'ami = "{LONG}"\nami = "{SHORT}"',
        f"image_id: {LONG}\nimage_id: {SHORT}",
        f'source_ami  = "{LONG}", "{SHORT}"',
        f"AMI_ID={LONG} AMI={SHORT}",
    ],
)
def test_a_search_reads_ids_out_of_copied_code(text: str) -> None:
    assert parse_query(text, now=0).image_ids() == (LONG, SHORT)
    assert parse_query(text, now=0).text == text.replace("\n", " ")


@pytest.mark.parametrize(
    "text", [f'ami = "{LONG}" ubuntu', f"owner:self {LONG}", f'tag:Ami="{LONG}"', f'"{LONG}"']
)
def test_ids_beside_other_words_are_searched_for_as_before(text: str) -> None:
    assert copied_ids("ami", "ami", text) == ()
