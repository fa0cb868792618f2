"""The page of /metrics as data, by the strict parser of Prometheus' own client library."""

import dataclasses

from prometheus_client.parser import text_string_to_metric_families

Labels = dict[str, str]


@dataclasses.dataclass
class Sample:
    name: str
    labels: Labels
    value: float


class Page:
    def __init__(self, text: str):
        self.text = text
        self.types: dict[str, str] = {}
        self.samples: list[Sample] = []
        for family in text_string_to_metric_families(text):
            name = family.name + ("_total" if family.type == "counter" else "")
            assert name not in self.types, f"{name} is there twice"
            assert family.documentation, f"{name} has no help"
            self.types[name] = family.type
            for sample in family.samples:
                self.samples.append(Sample(sample.name, dict(sample.labels), sample.value))

    def all(self, name: str, **labels: str) -> list[Sample]:
        wanted = {key.rstrip("_"): value for key, value in labels.items()}
        full = name if name.startswith("process_") else f"yatagarasu_{name}"
        return [
            sample
            for sample in self.samples
            if sample.name == full and wanted.items() <= sample.labels.items()
        ]

    def sum(self, name: str, **labels: str) -> float:
        """Of all series with these labels; 0 when there is none."""
        return sum(sample.value for sample in self.all(name, **labels))


def page_of(proxy) -> Page:
    answer = proxy.admin("GET", "/metrics")
    assert answer.status == 200, answer
    assert answer.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8"
    return Page(answer.body.decode())
