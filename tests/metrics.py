"""What Prometheus' own parser makes of an engine's metrics; for tests."""

from prometheus_client.parser import text_string_to_metric_families

Labels = tuple[tuple[str, str], ...]


def read(text: str) -> dict[tuple[str, Labels], float]:
    """Return the value of every sample, by its name and its labels in their order."""
    found: dict[tuple[str, Labels], float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            key = sample.name, tuple(sample.labels.items())
            assert key not in found, f"{key} comes twice"
            found[key] = sample.value
    return found
