"""Two accounts, several regions, one cache: who sees what, and what the next start comes back to."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.terminal_steps import START_SECONDS, access_keys, has_rows, hides, leave, run, shows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.conftest import OpenTerminal
    from tests.support.terminal import Terminal

MAIN, SECOND = "AKIADEMOMAIN00000000", "AKIADEMOSECOND000000"


class Cloud:
    """A simulated EC2 that runs alone, and amitui on it, always with the same cache."""

    def __init__(self, url: str, command: list[str], environment: dict[str, str], root: Path) -> None:
        self.url = url
        self.options = ["--endpoint-url", url, "--cache-dir", str(root / "cache")]
        self.command = command
        self.environment = environment

    def run(self, key: str, *words: str) -> subprocess.CompletedProcess[str]:
        return run([*self.command, *words, *self.options], self.environment | access_keys(key))

    def ids(self, key: str, *words: str) -> set[str]:
        """What an account finds in the scopes that it is given."""
        done = self.run(key, "find", "deprecated:yes", "-o", "id", "--region", "us-east-1", *words)
        shown = self.run(key, "find", "-o", "id", "--region", "us-east-1", *words)
        assert done.returncode in (0, 1), done.stderr
        return {*done.stdout.split(), *shown.stdout.split()}

    def own_ids(self, key: str) -> set[str]:
        """Ids of an account's own private images."""
        return self.ids(key, "public:no", "--scope", "mine")

    def shared_ids(self, key: str) -> set[str]:
        """Ids of what others share with an account."""
        return self.ids(key, "--scope", "shared")


@pytest.fixture
def cloud(amitui_command: list[str], environment: dict[str, str], tmp_path: Path) -> Iterator[Cloud]:
    with subprocess.Popen(
        [*amitui_command, "demo"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as demo:
        try:
            assert demo.stdout is not None
            yield Cloud(demo.stdout.readline().strip(), amitui_command, environment, tmp_path)
        finally:
            demo.terminate()


def fetched(terminal: Terminal) -> bool:
    return has_rows(terminal) and "↓" not in terminal.screen_text()


def test_nothing_private_of_one_account_reaches_the_other(cloud: Cloud, open_terminal: OpenTerminal) -> None:
    # Each shares a few images with the other.
    first = cloud.own_ids(MAIN) - cloud.shared_ids(SECOND)
    second = cloud.own_ids(SECOND) - cloud.shared_ids(MAIN)
    assert len(first) > 20
    assert second
    assert not first & second
    for key, own, others in ((MAIN, first, second), (SECOND, second, first)):
        command = [*cloud.command, *cloud.options, "--region", "us-east-1", "--scope", "all"]
        terminal = open_terminal(command, rows=60, environment=access_keys(key))
        terminal.wait_for(fetched, timeout=START_SECONDS)
        for scope in "127":
            terminal.press(scope)
            terminal.wait_settled(300)
            terminal.press("end")
            terminal.wait_settled(100)
        terminal.press("1")
        terminal.wait_for(lambda t, own=own: any(image_id in t.screen_text() for image_id in own))  # type: ignore[misc]
        leave(terminal)
        raw = terminal.raw.decode()
        assert not [image_id for image_id in others if image_id in raw]
        everything = cloud.run(key, "find", "deprecated:yes", "--all-regions", "-o", "id").stdout
        everything += cloud.run(key, "find", "--all-regions", "--offline", "-o", "id").stdout
        assert set(everything.split()) & own
        assert not set(everything.split()) & others
        for image_id in sorted(others)[:3]:
            assert (
                image_id not in cloud.run(key, "find", image_id, "--offline", "--all-regions", "-o", "id").stdout
            )


def test_credentials_that_nobody_has_confirmed_see_nothing_private(cloud: Cloud) -> None:
    own = cloud.own_ids(MAIN)
    for key in ("AKIANEVERSEENBEFORE0", SECOND):
        done = cloud.run(key, "find", "--offline", "--all-regions", "-o", "id")
        assert not set(done.stdout.split()) & own


def test_switching_the_profile_takes_the_private_images_of_the_other_off_the_screen(
    cloud: Cloud, open_terminal: OpenTerminal, environment: dict[str, str]
) -> None:
    Path(environment["AWS_CONFIG_FILE"]).parent.mkdir(exist_ok=True)
    Path(environment["AWS_SHARED_CREDENTIALS_FILE"]).write_text(
        "".join(
            f"[{name}]\naws_access_key_id = {key}\naws_secret_access_key = x\n"
            for name, key in (("work", MAIN), ("spare", SECOND))
        )
    )
    Path(environment["AWS_CONFIG_FILE"]).write_text(
        "[profile work]\nregion = us-east-1\n[profile spare]\nregion = us-east-1\n"
    )
    terminal = open_terminal([*cloud.command, *cloud.options, "--profile", "work"], columns=120)
    terminal.wait_for(shows("work", "123456789012"), timeout=START_SECONDS)
    terminal.wait_for(fetched, timeout=START_SECONDS)
    terminal.press("P")
    terminal.wait_for("spare")
    terminal.type("spare")
    terminal.wait_settled(100)
    terminal.take()
    terminal.press("enter")
    terminal.wait_for(shows("210987654321"), timeout=START_SECONDS)
    terminal.wait_for(fetched, timeout=START_SECONDS)
    second = cloud.own_ids(SECOND)
    assert any(image_id in terminal.screen_text() for image_id in second)
    assert "123456789012" not in terminal.screen_text()
    leave(terminal)


def test_several_regions_show_a_column_and_the_one_that_fails_says_why(
    cloud: Cloud, open_terminal: OpenTerminal
) -> None:
    words = [
        "--region",
        "us-east-1",
        "--region",
        "eu-central-1",
        "--region",
        "af-south-1",
        "--scope",
        "publishers",
    ]
    terminal = open_terminal([*cloud.command, *cloud.options, *words], columns=140, environment=access_keys(MAIN))
    terminal.wait_for(shows("Region", "us-east-1", "eu-central-1", "✓  Ubuntu"), timeout=START_SECONDS)
    terminal.wait_for("af-south-1", timeout=START_SECONDS)
    terminal.press("!")
    terminal.wait_for(shows("─ Errors", "af-south-1"), timeout=START_SECONDS)
    assert "not enabled" in terminal.screen_text()
    terminal.press("escape")
    terminal.wait_for(hides("─ Errors"))
    terminal.wait_for(lambda t: "af-south-1" in t.screen_text().splitlines()[-2])
    assert has_rows(terminal)
    leave(terminal)
    done = cloud.run(MAIN, "sync", "--region", "us-east-1,af-south-1", "--scope", "mine")
    assert done.returncode == 3
    assert "us-east-1 mine" in done.stderr
    assert "af-south-1" in done.stderr


def test_the_next_start_comes_back_to_the_last_screen_even_offline(
    cloud: Cloud, open_terminal: OpenTerminal
) -> None:
    command = [*cloud.command, *cloud.options]
    terminal = open_terminal([*command, "--region", "eu-central-1"], environment=access_keys(MAIN))
    terminal.wait_for(fetched, timeout=START_SECONDS)
    terminal.press("4")
    terminal.wait_for("✓  Ubuntu", timeout=START_SECONDS)
    terminal.type("/debian")
    terminal.wait_for(lambda t: "Debian 1" in t.screen_text() and "Ubuntu" not in t.screen_text())
    terminal.press("enter")
    terminal.wait_for("Enter Details")
    terminal.press("S")
    terminal.wait_for("─ Sort by")
    terminal.type("name")
    terminal.press("enter")
    terminal.wait_for("Image▲")
    terminal.press("v")
    terminal.wait_for("─ Columns")
    terminal.type("build")
    terminal.wait_settled(100)
    terminal.press("insert", "enter")
    terminal.wait_for(hides("Build  "))
    leave(terminal)
    again = open_terminal([*command, "--offline"], environment=access_keys(MAIN))
    again.wait_for(shows("/ debian", "eu-central-1", "Image▲", "Debian 1"), timeout=START_SECONDS)
    assert "Build" not in again.screen_text().splitlines()[2]
    again.press("/")
    again.wait_for("Esc Clear")
    again.press("up")
    again.wait_settled(100)
    assert "/ debian" in again.screen_text()
    again.press("ctrl+q")
    assert again.wait_for_exit() == 0


def test_offline_without_a_cache_says_so_and_leaves(
    open_terminal: OpenTerminal, amitui_command: list[str]
) -> None:
    terminal = open_terminal([*amitui_command, "--offline", "--region", "eu-west-1"])
    terminal.wait_for("not cached", timeout=START_SECONDS)
    terminal.press("f5")
    terminal.wait_for("offline")
    leave(terminal)


def test_find_prints_results_alone_on_stdout_and_no_colour_into_a_pipe(cloud: Cloud) -> None:
    done = cloud.run(MAIN, "find", "ubuntu", "24.04", "arm64", "--region", "eu-central-1", "--limit", "3")
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout + done.stderr
    assert done.stdout.count("ami-") == 3
    assert "eu-central-1" in done.stderr, "progress belongs there"
    asked = cloud.run(MAIN, "find", "ubuntu", "24.04", "arm64", "--region", "eu-central-1", "--limit", "3")
    assert (asked.stdout, asked.stderr) == (done.stdout, asked.stderr)
    listed = cloud.run(MAIN, "find", "owner:self", "--region", "us-east-1", "-o", "json", "--limit", "2")
    assert len(json.loads(listed.stdout)["Images"]) == 2
    nothing = cloud.run(MAIN, "find", "no-such-image-at-all", "--region", "eu-central-1", "-o", "id")
    assert (nothing.returncode, nothing.stdout) == (1, "")


def test_no_color_is_respected_on_a_terminal(cloud: Cloud, open_terminal: OpenTerminal) -> None:
    words = ["find", "owner:self", "--region", "us-east-1"]
    terminal = open_terminal(
        [*cloud.command, *words, *cloud.options], environment=access_keys(MAIN) | {"NO_COLOR": "1"}
    )
    assert terminal.wait_for_exit(START_SECONDS) == 0
    assert b"\x1b[3" not in terminal.raw
    screen = open_terminal(
        [*cloud.command, *cloud.options, "--region", "us-east-1"],
        environment=access_keys(MAIN) | {"NO_COLOR": "1"},
    )
    screen.wait_for(has_rows, timeout=START_SECONDS)
    assert b"[38;2" not in screen.raw
    assert b"[48;2" not in screen.raw
    leave(screen)
