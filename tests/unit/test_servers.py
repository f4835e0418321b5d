"""A missing server is told, and is a failure where it is required."""

import pytest

from tests.servers import missing


def test_a_missing_server_skips_the_test_at_home(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("REQUIRE", raising=False)
    with pytest.raises(pytest.skip.Exception, match="not installed"):
        missing("postgres", "not installed")


def test_a_missing_server_that_is_required_fails_the_test(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("REQUIRE", "postgres,asterisk")
    with pytest.raises(pytest.fail.Exception, match="postgres is required: not installed"):
        missing("postgres", "not installed")
