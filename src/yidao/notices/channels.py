"""
The seam for ways out of the house (a group's robot, e-mail, a short message). A channel is handed every new notice in
the transaction that tells it; it may only write rows of its own (an outbox), never call anybody.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One notice as it was just told."""

    id: int
    organisation_id: int
    user_id: int | None
    kind: str
    params: Mapping[str, Any]
    address: str
    created_at: datetime


class Channel(Protocol):
    """One way out of the house."""

    def enqueue(self, told: Told) -> None:
        """Write down what is to be sent, in the transaction in progress."""


_CHANNELS: list[Channel] = []


def register(channel: Channel) -> None:
    """Hand every notice from now on to a channel too."""
    _CHANNELS.append(channel)


def hand_over(told: Told) -> None:
    """Hand a notice to every channel."""
    for channel in _CHANNELS:
        channel.enqueue(told)
