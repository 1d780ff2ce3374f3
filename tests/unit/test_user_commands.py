"""Commands of the user's own: how the config is read, what is refused, and what a child process gets."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from amitui.cli import main
from amitui.configuration.load import load_settings
from amitui.configuration.readers import READERS
from amitui.domain.commands.command import LONGEST_ABOUT, AppliesTo, UserCommand, read_command
from amitui.domain.commands.variables import PREFIX, VARIABLES, common_values, environment, known_variables
from amitui.domain.launch.instances import Instance
from amitui.domain.visible import REPLACEMENT
from amitui.errors import UsageError
from amitui.presentation.command_values import image_values, instance_values, selection_text
from amitui.services.members import Member
from amitui.ui.actions import command_targets
from amitui.ui.actions.command_targets import obstacle_of_rows, rows_target
from amitui.ui.keys.command_keys import command_keys, spelled, taken_keys
from amitui.ui.keys.meanings import MEANINGS
from tests.unit.test_exports import row

if TYPE_CHECKING:
    from amitui.settings import Settings

HOSTILE = (
    "$(rm -rf ~)",
    "`touch pwned`; exit 1 #",
    "two\nlines\r\tand a tab",
    "\x1b]0;title\x07\x1b[2J\x9b31m",
    "'quotes\" and \\ backslashes %s %n",
    "日本語 🐧 \u202egnp.exe",
    "x" * 10_240,
    " blanks at both ends ",
    "=cmd|'/C calc'!A0",
    "--option=value",
)


def settings_of(tmp_path: Path, text: str) -> Settings:
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    return load_settings({"config_file": str(path)}, {"HOME": str(tmp_path)})


def test_commands_are_read_in_the_configs_order_with_their_defaults(tmp_path: Path) -> None:
    text = """
[commands.scan]
key = "Ctrl+E"
title = "Scan the image"
applies = "images"
run = 'trivy image "$AMITUI_IMAGE_IDS"'
confirm = true
dangerous = true
background = true
[commands.shell]
run = ["bash", "-i"]
pause = false
applies = "anywhere"
"""
    scan, shell = settings_of(tmp_path, text).commands
    assert scan == UserCommand(
        "scan",
        ("/bin/sh", "-c", 'trivy image "$AMITUI_IMAGE_IDS"', "scan"),
        'trivy image "$AMITUI_IMAGE_IDS"',
        "Scan the image",
        "Ctrl+E",
        AppliesTo.IMAGES,
        confirm=True,
        dangerous=True,
        background=True,
    )
    assert (shell.run, shell.words, shell.called) == (("bash", "-i"), "bash -i", "shell")
    assert (shell.applies, shell.pause, shell.confirm) == (AppliesTo.ANYWHERE, False, False)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("commands = 3", "[commands.NAME] in"),
        ("[commands]\nrun = 'x'", "[commands.NAME] in"),
        ("[commands.x]\nkey = 'Q'", "it needs run ="),
        ("[commands.x]\nrun = ''", "run has to be a text for the shell"),
        ("[commands.x]\nrun = []", "run has to be a text"),
        ("[commands.x]\nrun = [1]", "run has to be a text"),
        ("[commands.x]\nrun = ['']", "names no program"),
        ('[commands.x]\nrun = "a\\u0000b"', "run has to be a text"),
        ("[commands.x]\nrun = 'x'\ncolour = 'red'", "unknown setting 'colour'; one of run, key, title, applies"),
        (
            "[commands.x]\nrun = 'x'\napplies = 'pod'",
            "one of image, images, family, instance, instances",
        ),
        ("[commands.x]\nrun = 'x'\napplies = ['image']", "applies has to be one of"),
        ("[commands.x]\nrun = 'x'\nconfirm = 'yes'", "confirm has to be true or false"),
        ("[commands.x]\nrun = 'x'\ndangerous = 1", "dangerous has to be true or false"),
        ("[commands.x]\nrun = 'x'\nkey = ''", "key has to be a printable text"),
        ('[commands.x]\nrun = "x"\ntitle = "a\\u001b[2J"', "title has to be a printable text"),
        (
            "[commands.x]\nrun = 'x'\nbackground = true\npause = true",
            "pause is for commands that have the",
        ),
        ("[commands.'a b']\nrun = 'x'", "its name has to be letters"),
        ("[commands.x]\nrun = 'echo $AMITUI_IMAGEID'", "$AMITUI_IMAGEID is not known where applies = 'image'"),
        ("[commands.x]\nrun = 'echo ${AMITUI_INSTANCE_ID:-}'", "$AMITUI_INSTANCE_ID is not known"),
        ("[commands.x]\napplies = 'anywhere'\nrun = 'echo $AMITUI_NAME'", "$AMITUI_NAME is not known"),
        ("[commands.x]\nrun = ['sh', '-c', 'echo $AMITUI_NOTHING']", "$AMITUI_NOTHING is not known"),
        ("[commands.x]\nrun = 'aws --id {image_id}'", 'it is "$AMITUI_IMAGE_ID"'),
        ("[commands.x]\nrun = 'aws --id {{ image_id }}'", "is no placeholder"),
        ("[commands.x]\nrun = ['aws', '{name}']", "is no placeholder"),
        ("[commands.x]\nrun = ['aws', '$AMITUI_IMAGE_ID']", "no shell reads a list"),
        ("[commands.x]\nrun = ['aws', '--id=${AMITUI_IMAGE_ID}']", "no shell reads a list"),
    ],
)
def test_a_wrong_table_names_the_file_the_table_and_what_is_right(tmp_path: Path, table: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        settings_of(tmp_path, table)
    said = " ".join(caught.value.lines())
    assert words in said
    assert str(tmp_path / "config.toml") in said
    assert "[commands." in said


@pytest.mark.parametrize(
    "run",
    [
        "aws ec2 describe-images --query 'Images[].{Id:ImageId}' --image-ids \"$AMITUI_IMAGE_ID\"",
        "awk '{print $1}' ${AMITUI_ENDPOINT_URL:+--endpoint-url \"$AMITUI_ENDPOINT_URL\"}",
        "for name in {a,b}; do echo $name; done",
        ["tmux", "new-window", 'ssh "$AMITUI_NAME"'],
        ["./script", "--verbose"],
    ],
)
def test_braces_and_variables_of_the_shell_stay(run: object) -> None:
    assert read_command("x", {"run": run}).run


def test_what_is_run_is_said_in_one_short_line() -> None:
    about = read_command("x", {"run": "first line\n\x1b[2J second " + "x" * 500}).about
    assert about.startswith(f"first line {REPLACEMENT}[2J second")
    assert len(about) == LONGEST_ABOUT


# What reaches the process

_PRINT = "import os, sys; sys.stdout.buffer.write(b'\\0'.join(k + b'=' + v for k, v in os.environb.items()))"


def child_sees(environ: dict[str, str]) -> dict[bytes, bytes]:
    """The environment of a real process."""
    done = subprocess.run([sys.executable, "-c", _PRINT], env=environ, capture_output=True, check=True)
    return dict(part.partition(b"=")[::2] for part in done.stdout.split(b"\0"))


def test_hostile_texts_reach_a_process_byte_by_byte() -> None:
    names = known_variables("image")[: len(HOSTILE)]
    values = {name.removeprefix(PREFIX): text for name, text in zip(names, HOSTILE, strict=True)}
    seen = child_sees(environment({"PATH": "/bin", "OTHER": "stays"}, values))
    assert {name: seen[name.encode()] for name in names} == {
        name: text.encode() for name, text in zip(names, HOSTILE, strict=True)
    }
    assert seen[b"OTHER"] == b"stays"


def test_what_no_environment_can_hold_becomes_a_visible_mark() -> None:
    seen = child_sees(environment({}, {"NAME": "a\0b\ud800c\udcffd"}))
    assert seen[b"AMITUI_NAME"] == f"a{REPLACEMENT}b{REPLACEMENT}c{REPLACEMENT}d".encode()


def test_a_shell_text_does_not_run_what_a_name_says(tmp_path: Path) -> None:
    command = read_command("x", {"run": 'printf %s "$AMITUI_NAME" > out'})
    for text in HOSTILE:
        environ = environment({"PATH": "/usr/bin:/bin"}, {"NAME": text})
        subprocess.run(command.run, env=environ, cwd=tmp_path, check=True)
        assert (tmp_path / "out").read_bytes() == text.encode()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_what_an_outer_command_set_is_not_passed_on_and_settings_are() -> None:
    base = {
        "AMITUI_IMAGE_ID": "ami-outer",
        "AMITUI_PROFILE": "outer",
        "AMITUI_CACHE_DIR": "/c",
        "AWS_REGION": "x",
    }
    assert environment(base, {"NAME": "new", "STATE": ""}) == {
        "AMITUI_CACHE_DIR": "/c",
        "AWS_REGION": "x",
        "AMITUI_NAME": "new",
    }


def test_no_variable_changes_a_setting_of_an_amitui_that_the_command_starts() -> None:
    settings = {name.upper() for name in READERS} | {"CONFIG", "CACHE_DIR", "STATE_DIR"}
    # These two mean the same to it.
    assert settings & {one.name for one in VARIABLES} == {"PROFILE", "ENDPOINT_URL"}


def test_of_several_rows_a_variable_holds_what_they_have_alike() -> None:
    rows = [{"REGION": "us-east-1", "NAME": "a"}, {"REGION": "us-east-1", "NAME": "b"}]
    assert common_values(rows) == {"REGION": "us-east-1"}
    assert common_values(rows[:1]) == rows[0]
    assert common_values([]) == {}


# Keys


def commands(*keys: str) -> list[UserCommand]:
    return [UserCommand(f"c{number}", ("x",), "x", key=key) for number, key in enumerate(keys)]


@pytest.mark.parametrize(
    ("written", "textuals"),
    [
        ("Ctrl+E", "ctrl+e"),
        ("ctrl+e", "ctrl+e"),
        ("F6", "f6"),
        ("Q", "Q"),
        ("z", "z"),
        ("shift+e", "E"),
        ("shift+f6", "shift+f6"),
        ("alt+X", "alt+x"),
        ("Alt+Ctrl+x", "ctrl+alt+x"),
        (",", "comma"),
        ("+", "plus"),
        ("ctrl++", "ctrl+plus"),
        ("?", "question_mark"),
        ("Ins", "insert"),
        ("ctrl+PgDn", "ctrl+pagedown"),
    ],
)
def test_a_key_is_written_as_people_write_it(written: str, textuals: str) -> None:
    assert spelled(written) == textuals


@pytest.mark.parametrize("key", ["", "ctrl", "foo", "ctrl+", "C-e", "ctrl+foo", "f99", "Q,Z", "hyperspace+x"])
def test_what_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="is no key"):
        spelled(key)


@pytest.mark.parametrize(("key", "sent"), [("ctrl+i", "Tab"), ("Ctrl+M", "Enter"), ("ctrl+[", "Esc")])
def test_what_terminals_send_as_another_key_is_refused(key: str, sent: str) -> None:
    with pytest.raises(ValueError, match=f"as {sent}"):
        spelled(key)


def test_no_command_can_have_any_key_of_amitui_s_own() -> None:
    for key in (key for one in MEANINGS for key in one.keys):
        assert key in taken_keys({})
    with pytest.raises(UsageError) as caught:
        command_keys(commands("l"), {}, "/c.toml")
    said = " ".join(caught.value.lines())
    assert "[commands.c0] of /c.toml" in said
    assert "amitui's own: launch instances" in said
    assert "such as Q, V, Z, M" in said


def test_two_commands_with_one_key_are_refused_however_it_is_written() -> None:
    with pytest.raises(UsageError, match="cannot use key = 'ctrl\\+e'") as caught:
        command_keys(commands("Ctrl+E", "ctrl+e"), {}, "/c.toml")
    assert "[commands.c0] has it already" in caught.value.why


def test_a_key_that_the_config_took_from_an_action_is_free_and_the_one_that_it_gave_is_not() -> None:
    assert command_keys(commands("l"), {"launch": "f7"}, "") == {"c0": "l"}
    with pytest.raises(UsageError, match="f7"):
        command_keys(commands("f7"), {"launch": "f7"}, "")


@pytest.mark.parametrize(
    ("given", "own"), [("F7", "f7"), ("f7", "F7"), ("Shift+Q", "Q"), ("Ctrl+E, F7", "f7"), ("CTRL+E", "Ctrl+e")]
)
def test_a_key_that_the_config_gave_to_an_action_is_taken_however_it_is_written(given: str, own: str) -> None:
    with pytest.raises(UsageError) as caught:
        command_keys(commands(own), {"launch": given}, "")
    assert caught.value.why == "it is amitui's own: launch, by [keys]"


def test_keys_of_commands_are_remapped_by_their_ids() -> None:
    found = command_keys(commands("Q", ""), {"command.c0": "Ctrl+E,f6", "command.c1": "Z"}, "")
    assert found == {"c0": "ctrl+e,f6", "c1": "Z"}
    with pytest.raises(UsageError, match="'q'"):
        command_keys(commands("Q"), {"command.c0": "q"}, "")


def test_amitui_keys_lists_them_and_refuses_a_wrong_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config.toml"
    config.write_text("[commands.scan]\nkey = 'Ctrl+E'\nrun = 'scan it'\n[commands.other]\nrun = 'x'\n")
    assert main(["keys", "--config", str(config)]) == 0
    assert capsys.readouterr().out.endswith(
        "\nYour commands\n  Ctrl+E          scan: scan it\n  :command.other  other: x\n"
    )
    config.write_text("[commands.scan]\nkey = 'D'\nrun = 'x'\n")
    assert main(["keys", "--config", str(config)]) == 2
    assert "amitui's own: deregister" in capsys.readouterr().err


def test_the_selection_is_one_json_object_a_line() -> None:
    text = selection_text([{"NAME": "two\nlines \ud800", "IMAGE_ID": "ami-1"}, {"NAME": ""}])
    assert text.isascii()
    assert [json.loads(line) for line in text.splitlines()] == [
        {"name": "two\nlines \ud800", "image_id": "ami-1"},
        {"name": ""},
    ]


# The documentation

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"


def test_the_page_s_table_of_variables_is_that_of_the_code() -> None:
    part = PAGE.read_text(encoding="utf-8").split("<!-- variables -->\n")[1].split("<!-- end of variables -->")[0]
    kinds = {one.name: ", ".join(f"`{kind}`" for kind in one.applies.split()) or "all" for one in VARIABLES}
    assert part.splitlines()[2:] == [
        f"| `{PREFIX}{one.name}` | {one.about} | {kinds[one.name]} |" for one in VARIABLES
    ]


def test_the_page_s_example_is_read_and_every_setting_and_kind_is_on_it(tmp_path: Path) -> None:
    text = PAGE.read_text(encoding="utf-8")
    example = text.split("```toml\n")[1].split("```")[0]
    assert [one.name for one in settings_of(tmp_path, example).commands] == ["scan", "retire", "log-in"]
    for setting in ("run", "title", "key", "applies", "confirm", "dangerous", "background", "pause"):
        assert f"\n| `{setting}` |" in text
    for kind in AppliesTo:
        assert f"\n| `{kind}` |" in text


def test_what_each_kind_gets_is_what_its_values_have() -> None:
    rows = {
        "image": image_values(row()),
        "instance": instance_values(Instance("1", "us-east-1", "", "", 0.0, "i-1")),
    }
    common = {"COMMAND", "PROFILE", "ACCOUNT", "ENDPOINT_URL", "DEMO"}
    for kind, values in rows.items():
        assert {name.removeprefix(PREFIX) for name in known_variables(kind)} == {*values, *common}


# Several accounts


def host_of(*members: Member) -> Any:
    """An application that uses these profiles together, as far as commands look at it."""
    owners = {member.account: member for member in members}
    connections = SimpleNamespace(caller=lambda profile: SimpleNamespace(name=profile, endpoint_url=None))
    services = SimpleNamespace(
        members=SimpleNamespace(owner_of=lambda one: owners[one.owner_id], used=members, first=members[0]),
        settings=SimpleNamespace(demo=False),
        session=SimpleNamespace(connections=connections),
    )
    return SimpleNamespace(services=services, browse=SimpleNamespace(view=SimpleNamespace(regions=())))


def test_each_image_comes_with_its_owner_s_profile_and_the_strictest_mark_holds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dev, prod = (Member(name, account, name) for name, account in (("dev", "1" * 12), ("prod", "2" * 12)))
    host = host_of(dev, prod)
    rows = [row(owner_id=one.account, image_id=f"ami-{one.name}") for one in (dev, prod)]
    command = read_command("x", {"run": "x", "applies": "images", "dangerous": True})
    target = rows_target(host, command, rows)
    assert [(one["IMAGE_ID"], one["PROFILE"], one["ACCOUNT"]) for one in target.rows] == [
        ("ami-dev", "dev", "1" * 12),
        ("ami-prod", "prod", "2" * 12),
    ]
    assert target.values["IMAGE_IDS"] == "ami-dev ami-prod"
    assert not {"PROFILE", "ACCOUNT", "IMAGE_ID"} & target.values.keys(), "they have none alike"
    assert target.acting.members == (dev, prod)

    monkeypatch.setattr(command_targets, "refusal", lambda _services, one: "marked" if one is prod else "")
    assert obstacle_of_rows(host, command, rows[:1]) == ""
    assert obstacle_of_rows(host, command, rows) == "marked"
    anywhere = read_command("x", {"run": "x", "applies": "anywhere", "dangerous": True})
    assert obstacle_of_rows(host, anywhere, []) == "marked", "it may act on any of them"
    harmless = read_command("x", {"run": "x", "applies": "images"})
    assert obstacle_of_rows(host, harmless, rows) == ""
    assert obstacle_of_rows(host, harmless, rows * 501) == "at most 1,000 images at once: 1,002 are marked"
