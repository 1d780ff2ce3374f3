"""Whose image it is among several accounts, in the details."""

from __future__ import annotations

from amitui.presentation.details.accounts import UsedAccount, account_lines

DEV = UsedAccount("1" * 12, "dev")
PROD = UsedAccount("2" * 12, "acme-prod", production=True, read_only=True)
STRANGER = UsedAccount("9" * 12, "9" * 12)


def test_an_own_image_names_its_account_with_its_marks_and_who_else_sees_it() -> None:
    account, others = account_lines(PROD, (DEV, PROD), is_used=True)
    assert (account.label, account.value) == ("Account", f"acme-prod ({'2' * 12})")
    assert (account.note, account.severity) == ("PRODUCTION · READ-ONLY", "warn")
    assert (others.label, others.value) == ("Also seen by", f"dev ({'1' * 12})")
    assert [line.label for line in account_lines(DEV, (DEV,), is_used=True)] == ["Account"]


def test_a_shared_image_says_from_whom_and_to_which_accounts_each_with_its_own_marks() -> None:
    by, to = account_lines(STRANGER, (DEV, PROD), is_used=False)
    assert (by.label, by.value) == ("Shared by", "9" * 12)
    assert (to.label, to.value) == ("Received by", f"dev ({'1' * 12}), acme-prod ({'2' * 12})")
    assert (to.note, to.severity) == ("acme-prod: PRODUCTION · READ-ONLY", "warn")
    _, plain = account_lines(STRANGER, (DEV,), is_used=False)
    assert (plain.note, plain.severity) == ("", "plain")


def test_what_everybody_sees_is_no_accounts() -> None:
    assert not list(account_lines(STRANGER, (), is_used=False))
