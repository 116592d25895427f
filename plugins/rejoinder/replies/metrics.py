"""What the desk counts of itself, for Prometheus. Nothing in it is about a person."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from rejoinder.errors import RejoinderError


class Metrics:
    """The figures of one desk; `waiting` and `unsent` are asked when they are looked at, and so
    is `engaged`, how the conversation goes."""

    def __init__(
        self, waiting: Callable[[], int], unsent: Callable[[], int], engaged: Collector
    ) -> None:
        self.registry = CollectorRegistry()
        self.replies = Counter(
            "rejoinder_replies", "Replies that came in, by what became of them.", ["outcome"],
            registry=self.registry,
        )  # fmt: skip
        self.seconds = Histogram(
            "rejoinder_reply_seconds", "How long a reply took from request to answer.",
            registry=self.registry,
            buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5),
        )  # fmt: skip
        self.published = Counter(
            "rejoinder_published", "Decisions that reached the pages.", registry=self.registry
        )
        self.letters = Counter(
            "rejoinder_deliveries", "Letters and webhooks, by what became of them.",
            ["kind", "outcome"], registry=self.registry,
        )  # fmt: skip
        self.failures = Counter(
            "rejoinder_worker_failures", "Rounds of the worker that ended in an error.",
            registry=self.registry,
        )  # fmt: skip
        self.registry.register(_Now(waiting, unsent))
        self.registry.register(engaged)

    def text(self) -> bytes:
        """All figures, in Prometheus's text format."""
        return generate_latest(self.registry)


class _Now(Collector):
    """What is so at the moment of looking."""

    def __init__(self, waiting: Callable[[], int], unsent: Callable[[], int]) -> None:
        self._gauges = (
            ("rejoinder_replies_waiting", "Replies that wait for a moderator.", waiting),
            ("rejoinder_deliveries_unsent", "Letters and webhooks still to go.", unsent),
        )
        self.started = datetime.now(UTC).timestamp()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield GaugeMetricFamily(
            "rejoinder_started_seconds", "When the desk was started.", value=self.started
        )
        for name, what, ask in self._gauges:
            try:
                yield GaugeMetricFamily(name, what, value=ask())
            except RejoinderError:
                continue  # the queue does not answer: /healthz says so
