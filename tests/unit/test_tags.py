"""Reading tags in the forms in which people type and paste them, and writing them so that they are read back."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from amitui.domain.operations.validation import tags_problem
from amitui.domain.tags.tags import TagsProblem, format_tags, is_plain_list, parse_keys, parse_tags

TWO = (("Env", "prod"), ("Team", "a, b=c"))

texts = st.text(
    st.one_of(st.sampled_from("ab=,;:\"'\\ \n\t$%{}[]#-Key“”"), st.characters(exclude_categories=["Cs"])),
    max_size=12,
)
tag_lists = st.lists(st.tuples(texts.filter(bool), texts), unique_by=lambda tag: tag[0], max_size=5).map(tuple)


def shorthand(tags: tuple[tuple[str, str], ...]) -> str:
    def value(text: str) -> str:
        return json.dumps(text, ensure_ascii=False).replace("${", "$${")

    return " ".join(f"Key={value(key)},Value={value(text)}" for key, text in tags)


def block(tags: tuple[tuple[str, str], ...]) -> str:
    lines = (f"  {json.dumps(key)} = {json.dumps(value)}\n".replace("${", "$${") for key, value in tags)
    return "tags = {\n" + "".join(lines) + "}"


def yaml_list(tags: tuple[tuple[str, str], ...]) -> str:
    def value(text: str) -> str:
        return json.dumps(text).replace("${", "$${")

    return "Tags:\n" + "".join(f"  - Key: {value(key)}\n    Value: {value(text)}\n" for key, text in tags)


@given(tag_lists)
@example((("export 0", "1"),))
def test_tags_survive_being_written_and_read(tags: tuple[tuple[str, str], ...]) -> None:
    assert parse_tags(format_tags(tags)) == tags
    assert is_plain_list(format_tags(tags)) or not tags


@given(tag_lists, st.integers(0, 5))
def test_tags_of_other_programs_are_read_as_they_meant_them(tags: tuple[tuple[str, str], ...], form: int) -> None:
    listed = [{"Key": key, "Value": value} for key, value in tags]
    document: object = (listed, {"Tags": listed}, [{"ResourceType": "image", "Tags": listed}])[form % 3]
    written = json.dumps(document, indent=2 if form > 2 else None, ensure_ascii=False)
    assert parse_tags(written) == tags
    assert parse_tags(f"--tags '{written}'") == tags
    if tags:
        assert parse_tags(shorthand(tags)) == tags
        assert parse_tags(block(tags)) == tags
        assert parse_tags(yaml_list(tags)) == tags
    plain = dict(tags)
    if plain and not {key.lower() for key in plain} & {"key", "value", "tags", "tagset", "resourcetype"}:
        assert parse_tags(json.dumps(plain)) == tags


@given(st.text(st.one_of(st.sampled_from("Key=Env,Value=prod \n:;\"'{}[]-#\\"), st.characters()), max_size=40))
def test_whatever_is_typed_becomes_tags_or_a_problem_with_its_place(text: str) -> None:
    try:
        tags = parse_tags(text)
    except TagsProblem as problem:
        place = (problem.line, problem.column)
    else:
        place = (1, 1)
        assert all(key for key, _ in tags)
        assert len({key for key, _ in tags}) == len(tags)
    assert 1 <= place[0] <= text.count("\n") + 1
    assert 1 <= place[1] <= len(text) + 1


@pytest.mark.parametrize(
    "text",
    [
        'Env=prod, Team="a, b=c"',
        "Env=prod;Team='a, b=c'",
        'Env = prod\nTeam = "a, b=c"\n',
        "# tags\n- Env=prod\n- Team=“a, b=c”",
        'export Env=prod\nexport Team="a, b=c"',
        'Key=Env,Value=prod Key=Team,Value="a, b=c"',
        '"Key=Env,Value=prod" \'Key=Team,Value="a, b=c"\'',
        "--tags Key=Env,Value=prod \"Key=Team,Value='a, b=c'\"",
        'aws ec2 create-tags --resources ami-1 \\\n --tags Key=Env,Value=prod Key=Team,Value="a, b=c" --region x',
        'ResourceType=image,Tags=[{Key=Env,Value=prod},{Key=Team,Value="a, b=c"}]',
        '--tag-specifications ResourceType=image,Tags=[{Key=Env,Value=prod},{Value="a, b=c",Key=Team}]',
        "{Key=Env,Value=prod},{Key=Team,Value='a, b=c'}",
        "key=Env,value=prod\nkey=Team,value='a, b=c'",
        '{"Tags": [{"Key": "Env", "ResourceId": "ami-1", "ResourceType": "image", "Value": "prod"},'
        ' {"Key": "Team", "Value": "a, b=c"}]}',
        '{"Env": "prod", "Team": "a, b=c"}',
        'tags = {\n  Env    = "prod" # where\n  "Team" = "a, b=c",\n}',
        '{ Env = "prod", Team = "a, b=c" }',
        "Env: prod\nTeam: 'a, b=c' # whose\n",
        "Tags:\n  Env: prod\n  Team: a, b=c\n",
        "tags:\n- Key: Env\n  Value: prod\n- Value: a, b=c\n  Key: Team\n",
        '- Env: prod\n- Team: "a, b=c"',
        "{Env: prod, Team: 'a, b=c'}",
    ],
)
def test_one_pair_of_tags_in_every_form(text: str) -> None:
    assert parse_tags(text) == TWO


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Env", "Env has no value"),
        ("=x", "has no key"),
        ("a=1,a=2", "a is listed twice"),
        ('a="1', 'a quote " is not closed'),
        ("Note=a, b", "b has no value"),
        ("Env=prod Team=web", "another tag?"),
        ('Note="a" b', "after the closing quote"),
        ('Path="C:\\dir"', "a backslash in quotes"),
        ("Key=abc", "abc has no value"),
        ("Env=prod,Value=x", "the AWS CLI's form"),
        ("Env=1,Key=Team", "the AWS CLI's form"),
        ("Key=Env,Value=a,b", "b is neither Key= nor Value="),
        ("Key=Env,Value=a b", "b is neither Key= nor Value="),
        ("Key=Env,Value=[a,b]", "a list is no value"),
        ("Key=Env,Value=x,Values=y", "is neither Key= nor Value="),
        ("Name=tag:Env,Values=prod", "a filter of the AWS CLI"),
        ("--resources ami-1", "it contains no --tags"),
        ('{"Env": "prod"', "no JSON"),
        ('{"Env": null}', "is nothing, not a text"),
        ('{"Env": {"a": "b"}}', "a list or an object"),
        ('{"Env": "a", "Env": "b"}', "Env is listed twice"),
        ('[{"Key": "Env"}]', "Env has no value"),
        ("[" * 5000, "no"),
        ("tags = {\n  Env = var.env\n}", "line 2, character 9: var.env is no text in quotes"),
        ('tags = {\n  Env = "a"', "line 2, character 12: the brace { is not closed"),
        ('tags = merge(local.tags, { Env = "prod" })', "an expression of Terraform"),
        ('Name = "${var.env}-web"', "an expression of Terraform"),
        ("Env: prod, Team: web", "two colons"),
        ("Env: prod\nTeam", "line 2, character 1: no line of YAML"),
        ("Env: !Ref Stage", "!Ref is no plain text"),
        ("Env: |\n  prod", "is no plain text of YAML"),
        ("Env:\nTeam: x", "Env has no value"),
        ("Env: prod\n  Team: web", "stands deeper"),
        ("Env=prod\nTeam web", "line 2, character 1: Team web has no value"),
    ],
)
def test_tags_that_cannot_be_read_say_why_and_where(text: str, words: str) -> None:
    with pytest.raises(TagsProblem) as caught:
        parse_tags(text)
    assert words in str(caught.value)


def test_keys_are_read_as_they_are_written() -> None:
    assert parse_keys('Env, "a, b"; Env\nTeam') == ("Env", "a, b", "Team")
    assert parse_keys("") == ()
    assert parse_tags(" \n ") == ()


def test_old_ways_of_writing_stay() -> None:
    assert parse_tags('Env=prod, Team = web,,Note="a, \\"b\\" \\\\",Query=a=b,Empty=') == (
        ("Env", "prod"),
        ("Team", "web"),
        ("Note", 'a, "b" \\'),
        ("Query", "a=b"),
        ("Empty", ""),
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Env=>prod", "arrow"),
        ("'Env' => 'prod'", "arrow"),
        ('a=b, "Env" =>"prod"', "arrow"),
        ("-e Env=prod", "leave out -e"),
        ("a=b\n-t Env=prod", "leave out -t"),
        ("aws ec2 delete-tags --resources ami-12345678 --tags Key=Env,Value=prod", "deletes tags"),
        ("$ aws --profile x ec2 delete-tags --tags Key=Env,Value= --resources ami-12345678", "deletes tags"),
    ],
)
def test_what_means_something_else_than_setting_a_tag_is_refused(text: str, words: str) -> None:
    with pytest.raises(TagsProblem, match=words):
        parse_tags(text)


@pytest.mark.parametrize(
    "text", ["\ufeffEnv=prod", '\ufeff[{"Key": "Env", "Value": "prod"}]', " \ufeff{Env: prod}"]
)
def test_a_byte_order_mark_before_tags_belongs_to_no_key(text: str) -> None:
    assert parse_tags(text) == (("Env", "prod"),)


@pytest.mark.parametrize("tag", [("Env\x00", "a"), ("Env", "a\x1b[2J"), ("Env", "\ud800"), ("\uffff", "")])
def test_what_no_answer_of_ec2_could_carry_is_refused_in_tags(tag: tuple[str, str]) -> None:
    assert "cannot be in a tag" in tags_problem([tag])
    assert tags_problem([tag]).isprintable()


def test_letters_of_all_scripts_and_joined_emoji_can_be_in_tags() -> None:
    assert tags_problem([("Équipe \u200d日本", "👩\u200d👩\u200d👧 a\tb")]) == ""
