"""The language of an answer, and the address under which failures count."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mojodex.faces.edge import LANGUAGES, match_language, negotiate
from mojodex.faces.edge.addresses import address_key


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("fr", "fr"),
        ("fr-CA,fr;q=0.9,en;q=0.8", "fr"),
        ("de,es;q=0.5,fr;q=0.7", "fr"),
        ("de", "en"),
        ("fr;q=0, es", "es"),
        ("fr;q=0", "en"),
        ("fr;q=nonsense, es;q=0.1", "es"),
        ("*", "en"),
    ],
)
def test_accept_language(header: str | None, language: str) -> None:
    assert negotiate(header) == language


@given(st.text())
def test_any_header_gives_one_of_our_languages(header: str) -> None:
    assert negotiate(header) in LANGUAGES


def test_exact_then_two_letters_then_nothing() -> None:
    assert match_language("ES-mx") == "es"
    assert match_language("pt") is None
    assert match_language(None) is None


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
    ],
)
def test_one_key_per_subscriber(address: str, key: str) -> None:
    assert address_key(address) == key
