from __future__ import annotations

import pytest

from pytest_mcpquality.mcp.environment import downloads, hints

OURS = {"NODE_EXTRA_CA_CERTS": "/ca.pem", "HTTPS_PROXY": "http://proxy", "SSL_CERT_FILE": "", "HOME": "/"}


@pytest.mark.parametrize(
    "words",
    [
        "npm error code SELF_SIGNED_CERT_IN_CHAIN",
        "ssl.SSLError: [SSL] bad",
        "unable to get local issuer certificate",
        "FetchError: getaddrinfo ENOTFOUND registry",
        "connect ECONNREFUSED 1.2.3.4:443",
    ],
)
def test_trouble_with_certificates_or_the_network_names_what_did_not_arrive(words: str) -> None:
    ca, proxy = hints({"PATH": "/bin"}, OURS, (words,), downloads=False)
    assert ca.startswith("your CA variables (NODE_EXTRA_CA_CERTS) did not reach the server (the SDK passes on six)")
    assert proxy.startswith("your proxy variables (HTTPS_PROXY) did not reach")


def test_a_runner_that_says_nothing_may_wait_for_the_network() -> None:
    assert downloads("/usr/bin/npx")
    assert not downloads("python")
    assert len(hints({}, OURS, (), downloads=True)) == 2
    assert hints({}, OURS, (), downloads=False) == ()


def test_what_arrived_or_is_not_set_is_no_hint() -> None:
    given = {"NODE_EXTRA_CA_CERTS": "/ca.pem", "HTTPS_PROXY": "http://proxy"}
    assert hints(given, OURS, ("certificate",), downloads=True) == ()
    assert hints({}, {}, ("certificate",), downloads=True) == ()


@pytest.mark.parametrize("words", ["ModuleNotFoundError: foo", "", "the connection was refused by Bob"])
def test_other_trouble_is_no_hint(words: str) -> None:
    assert hints({}, OURS, (words,), downloads=False) == ()
