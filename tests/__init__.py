"""The tests, and what they share: servers, fixtures, waiting."""
