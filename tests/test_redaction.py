"""No token gets through, however it is written."""

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qgan.redaction import ACCOUNTS, INSTEAD, redacted

TOKEN = "canary/of+44=characters&more"
# Whatever is not stripped, and is not a part of what stands in its place.
TOKENS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=12, max_size=44)
TEXTS = st.text(max_size=10)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    (home / ACCOUNTS).parent.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        patch.delenv("QISKIT_IBM_TOKEN", raising=False)
        yield home


def forms(token):
    return [token, quote(token, safe=""), base64.b64encode(token.encode()).decode()]


@settings(max_examples=60)
@given(TOKENS, TOKENS, st.lists(TEXTS, min_size=7, max_size=7))
def test_no_form_of_any_token_is_left_and_all_else_is(home, one, other, between):
    """One in the environment, and one of a saved account."""
    accounts = {"default": {"token": other, "channel": "ibm_quantum_platform"}}
    (home / ACCOUNTS).write_text(json.dumps(accounts), "utf-8")
    text = between[0] + "".join(form + more for form, more in zip(forms(one) + forms(other), between[1:], strict=True))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QISKIT_IBM_TOKEN", one)
        found = redacted(text)
        for token in (one, other):
            assert not any(form.rstrip("=") in found for form in forms(token))
        assert redacted(found) == found
        assert found.count(INSTEAD) >= 6
        assert redacted("nothing of it") == "nothing of it"
    (home / ACCOUNTS).unlink()


@pytest.mark.parametrize("longer", ["environment", "account"])
def test_of_a_token_that_begins_as_another_no_end_is_left(home, monkeypatch, longer):
    tokens = {"environment": TOKEN, "account": TOKEN}
    tokens[longer] += "-and-its-end"
    monkeypatch.setenv("QISKIT_IBM_TOKEN", tokens["environment"])
    accounts = home / ACCOUNTS
    accounts.write_text(json.dumps({"default": {"token": tokens["account"]}}), "utf-8")
    try:
        for form in forms(tokens[longer])[:2]:
            assert redacted(f"<{form}>") == f"<{INSTEAD}>"
    finally:
        accounts.unlink()


@pytest.mark.usefixtures("home")
def test_white_space_around_it_is_no_part_of_it(monkeypatch):
    monkeypatch.setenv("QISKIT_IBM_TOKEN", f"  {TOKEN}\n")
    assert redacted(f"Bearer {TOKEN}") == f"Bearer {INSTEAD}"


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("short", ["", " ", "abc"])
def test_what_is_too_short_for_a_token_takes_nothing_out(monkeypatch, short):
    monkeypatch.setenv("QISKIT_IBM_TOKEN", short)
    assert redacted("abc abc") == "abc abc"


@pytest.mark.parametrize("accounts", ["", "[]", "not JSON", '{"default": 3}', "\x00"])
def test_a_damaged_file_of_accounts_hides_no_other_token(home, monkeypatch, accounts):
    monkeypatch.setenv("QISKIT_IBM_TOKEN", TOKEN)
    path = home / ACCOUNTS
    path.write_text(accounts, "utf-8")
    try:
        assert redacted(TOKEN) == INSTEAD
    finally:
        path.unlink()


def test_one_damaged_account_hides_no_other(home):
    path = home / ACCOUNTS
    path.write_text(json.dumps({"first": 3, "second": {"token": TOKEN}, "third": {}}), "utf-8")
    try:
        assert redacted(TOKEN) == INSTEAD
    finally:
        path.unlink()


def test_without_a_home_the_environment_is_enough(monkeypatch):
    def nowhere():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr("qgan.redaction.Path.home", nowhere)
    monkeypatch.setenv("QISKIT_IBM_TOKEN", TOKEN)
    assert redacted(TOKEN) == INSTEAD
