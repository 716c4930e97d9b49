"""The small parts that scanners for secrets share."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpquality_scanners.findings import Severity
from mcpquality_scanners.secrets.noise import is_checksum
from mcpquality_scanners.secrets.placeholder import is_placeholder
from mcpquality_scanners.secrets.text import SHOWN, beginning, in_clear_text
from mcpquality_scanners.severity import LABELS, NPM, SARIF, ZIZMOR, by_security_severity, by_word

HEX = "0123456789abcdef" * 4


@given(st.text(max_size=40))
def test_never_more_than_four_characters_or_half_of_a_secret(secret: str) -> None:
    assert len(beginning(secret)) <= min(SHOWN, max(len(secret) // 2, 0))
    assert secret.startswith(beginning(secret)) or not secret.isprintable()


def test_a_beginning_is_harmless_and_may_be_nothing() -> None:
    assert in_clear_text("Token", beginning("\x1b\u202e\x00\x07 and more")) == "Token in clear text"


@pytest.mark.parametrize(
    ("line", "length", "expected"),
    [
        (f'sha256 = "{HEX}"', 64, True),
        (f"--hash=sha256:{HEX}", 64, True),
        (f'integrity="sha384-{HEX}"', 70, True),
        (f'"commit": "{HEX[:40]}"', 40, True),
        (f'"fingerprint": "{HEX[:32]}"', 32, True),
        (f'commit = "{HEX[:41]}"', 41, False),  # of no digest's length
        (f'value = "{HEX}"', 64, False),
        (f'password_hash = "{HEX}"', 64, False),
        (f'token_sha = "{HEX}"', 64, False),
    ],
)
def test_checksums_are_told_by_what_stands_around_them(line: str, length: int, *, expected: bool) -> None:
    assert is_checksum(line, length, hexadecimal=True) is expected


@pytest.mark.parametrize(
    "value",
    [
        "secret", "secrets", "changeme", "my-client-secret", "your-auth0-client-secret", "YOUR_API_KEY", "secret123",
        "TYPESAFE_API_KEY", "<your token>", "${TOKEN}", "{{ token }}", "%(password)s", "[your key]", "xxxxxxxx",
        "********", "GOCSPX-abc123...", "__anonymous__", "credentials",
        "Revoke the secret where it was issued, and keep the new one out of the code.",
    ],
)  # fmt: skip
def test_what_is_to_be_filled_in_is_a_placeholder(value: str) -> None:
    assert is_placeholder(value)


@pytest.mark.parametrize(
    "value",
    [
        "hunter2", "s3cr3t", "correct horse battery staple", "my-dog-rex-2019", "sk_test_456", "Password2024!",
        "admin:admin", "pass" + "w0rd", "X7x*x-x", "secret-" + "9f8e7d6c5b4a", "my-" + "9f8e7d6c5b4a",
        "SUPERSECRET_TR0UB4DOR", "eyJhbGciOi.J9.abc", "", "token1234567",
    ],
)  # fmt: skip
def test_what_may_be_a_secret_is_none(value: str) -> None:
    assert not is_placeholder(value)


@given(st.text(max_size=60))
def test_any_text_is_one_or_not(value: str) -> None:
    assert is_placeholder(value) in {True, False}


@pytest.mark.parametrize(
    ("text", "severity"),
    [("9.0", Severity.CRITICAL), ("10.0", Severity.CRITICAL), ("0.1", Severity.LOW), ("0", None), ("10.1", None),
     ("nan", None), ("inf", None), ("-1", None), ("high", None), ("", None)],
)  # fmt: skip
def test_security_severity(text: str, severity: Severity | None) -> None:
    assert by_security_severity(text) is severity


@pytest.mark.parametrize("table", [NPM, LABELS, ZIZMOR, SARIF])
def test_a_word_that_no_table_knows_is_unknown(table: dict[str, Severity]) -> None:
    assert by_word(table, "dire") is Severity.UNKNOWN
    assert all(by_word(table, word.lower()) is severity for word, severity in table.items())
