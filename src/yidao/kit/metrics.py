"""
Figures for Prometheus. Each process keeps and shows its own registry: nothing is shared through files, so a killed
process leaves no stale figure, and a scraper adds up over processes by the label `pid` of `yidao_process_info`.
"""

import os

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)

PROCESS = Gauge("yidao_process_info", "Which process these figures come from.", ("process", "pid"), registry=REGISTRY)
REQUESTS = Counter("yidao_http_requests", "Answered requests.", ("process", "method", "status"), registry=REGISTRY)
REQUEST_SECONDS = Histogram(
    "yidao_http_request_seconds",
    "Time from a request's first byte to its answer's last.",
    ("process",),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=REGISTRY,
)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Other methods are counted as OTHER: a label's values must not be chosen by strangers."""


def name_process(process: str) -> None:
    """Say which process this is; called once after it was started or forked."""
    PROCESS.clear()
    PROCESS.labels(process, str(os.getpid())).set(1)


def render() -> tuple[bytes, str]:
    """Return all figures of this process in Prometheus' text format, and its content type."""
    return generate_latest(REGISTRY), CONTENT_TYPE_LATEST
