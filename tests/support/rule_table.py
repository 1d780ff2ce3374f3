"""The table of docs/simulated-ec2.md, made from the rules: `python -m tests.support.rule_table` writes it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from amitui.demo.cloud.launching.rules import RULES

PAGE: Final = Path(__file__).parents[2] / "docs" / "simulated-ec2.md"
BEGIN: Final = (
    "<!-- The table is made from amitui/demo/cloud/launching/rules.py: python -m tests.support.rule_table -->"
)
END: Final = "<!-- End of the table -->"


def table() -> str:
    """One row for each rule."""
    rows = [
        f"| `{name}` | {rule.refuses} | `{rule.code}` {rule.status} | {_text(rule.words)} | {rule.code_source} "
        f"| {rule.words_source} |"
        for name, rule in RULES.items()
    ]
    head = "| Rule | Refused | Code and HTTP status | Words | Source of the code | Source of the words |"
    return "\n".join([head, "| --- | --- | --- | --- | --- | --- |", *rows])


def written(page: str) -> str:
    """The page with the table as it is now."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


def _text(words: str) -> str:
    """Words with their braces as they are, and no mark-up."""
    return words.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
