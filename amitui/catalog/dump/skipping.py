"""Going on behind text that is left out, without holding it, and words for what it looks like."""

from __future__ import annotations

import re
from typing import Final

from amitui.catalog.dump.source import WANTED
from amitui.catalog.dump.window import TextWindow

_TOKEN: Final = re.compile(r'"(?:[^"\\\n]++|\\[^\n])*+"|[{}\[\]"]|\n[ \t]*+(?=[{\[])')
"""What counts for finding the end of an object: texts, brackets, and lines that begin with one."""

_LINE_END: Final = re.compile(r"\n")
_NEXT_JSON: Final = re.compile("\n[\ufeff\x1e]?(?=[{\\[])|=> (?=[{\\[])")
"""The next line that may be JSON, or what Ansible writes between a host's name and its answer."""

_STRING_REST: Final = re.compile(r'(?:[^"\\\n]++|\\[^\n])*+')
_SCALAR_REST: Final = re.compile(r"[^,\[\]{}\n]*+")

_ANSIBLE: Final = re.compile(
    r"(?:PLAY|TASK|RUNNING HANDLER)\b[^\n]*\*\*\*|(?:[\w.-]+ \| |ok: |changed: |skipping: )[^\n]*?=> ?(?=[{\[\n])"
)

_KNOWN_FORMS: Final = (
    (re.compile(r"-{4,}|\+[-=]+\+|\|"), "a table (`--output table`)"),
    (re.compile(r"IMAGES?\b|[^\n{]*\t"), "text in columns (`--output text`)"),
    (re.compile(r"---|- |[A-Za-z_]+:( |\n|$)"), "YAML"),
    (re.compile(r"<"), "XML or HTML"),
    (re.compile(r'[\w"]+(,[\w" ]*)+\n'), "CSV"),
    (re.compile(r"An error occurred|aws: error|Unable to "), "an error message of `aws`"),
)


def json_kind(value: object) -> str:
    """What a JSON value is, with its article."""
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def what_it_looks_like(window: TextWindow) -> str:
    """Words for text that is no JSON."""
    window.have(256)
    for pattern, name in _KNOWN_FORMS:
        if pattern.match(window.text, window.at, window.at + 256):
            return f"not JSON but {name}; expected {WANTED}"
    return f"not JSON; expected {WANTED}"


def skip_ansible_heading(window: TextWindow) -> bool:
    """Go behind a line of `ansible` or `ansible-playbook` before a host's answer; whether there was one."""
    window.have(256)
    found = _ANSIBLE.match(window.text, window.at, window.at + 256)
    if found is None:
        return False
    window.at = found.end()
    if found[0].endswith("*"):
        skip_line(window)
    return True


def skip_line(window: TextWindow) -> None:
    """Go to the end of the line."""
    _skip_to(window, _LINE_END)


def skip_to_json(window: TextWindow) -> None:
    """Go to what may be the next value."""
    _skip_to(window, _NEXT_JSON)


def _skip_to(window: TextWindow, pattern: re.Pattern[str]) -> None:
    """Go behind the next match, or to the end."""
    while True:
        found = pattern.search(window.text, window.at)
        if found is not None:
            window.at = found.end()
            return
        if window.ended:
            window.at = len(window.text)
            return
        window.at = max(window.at, len(window.text) - 8)  # a match may begin here
        window.more()


def skip_scalar(window: TextWindow) -> None:
    """Go behind a text, a number or a word that cannot be read."""
    is_text = window.text.startswith('"', window.at)
    pattern = _STRING_REST if is_text else _SCALAR_REST
    window.at += 1
    while True:
        found = pattern.match(window.text, window.at)
        window.at = found.end() if found else window.at
        escaped = is_text and window.text.startswith("\\", window.at) and window.at + 1 == len(window.text)
        if window.at < len(window.text) and not escaped:
            break
        if not window.more():
            window.at = len(window.text)
            return
    if is_text and window.text[window.at] == '"':
        window.at += 1


def skip_rest(window: TextWindow, indent: str | None, longest_text: int) -> None:
    """Go behind the end of the object or list that `at` is within, or to a line that begins like its first.

    Args:
        indent: white space before the object in its first line, `None` when something else was before it.
        longest_text: quotes further apart than that are no text.
    """
    depth = 1
    while True:
        for token in _TOKEN.finditer(window.text, window.at):
            text = token[0]
            if text == '"':
                if _may_go_on(window, token.end(), longest_text):
                    window.at = token.start()
                    break
            elif text in ("{", "["):
                depth += 1
            elif text in ("}", "]"):
                depth -= 1
                if not depth:
                    window.at = token.end()
                    return
            elif text[0] == "\n" and text[1:] == indent:
                window.at = token.end()
                return
            window.at = token.end()
        else:
            # A line's beginning may go on in what follows.
            newline = window.text.rfind("\n", window.at)
            blank = newline >= 0 and not window.text[newline:].strip(" \t\n")
            window.at = newline if blank else len(window.text)
        if not window.more():
            window.at = len(window.text)
            return


def _may_go_on(window: TextWindow, start: int, longest: int) -> bool:
    """Whether a text that begins here may end in what has not been read."""
    return not window.ended and len(window.text) - start <= longest and window.text.find("\n", start) < 0
