"""63-bit ids made by the application, so that ciphers and batches know them before they are written."""

import itertools
import os
import threading
from datetime import datetime
from typing import NewType

from yidao.kit import clock

Id = NewType("Id", int)

_EPOCH_MS = 1_609_459_200_000  # 2021-01-01T00:00:00Z
_NODE = int.from_bytes(os.urandom(2), "big") & 0x3FF
_counter = itertools.count(int.from_bytes(os.urandom(2), "big"))
_lock = threading.Lock()


def new_id() -> Id:
    """Return a fresh id: 41 bits of milliseconds, 10 of node, 12 of counter. Save within a millisecond they rise."""
    with _lock:
        count = next(_counter) & 0xFFF
    milliseconds = int(clock.real_now().timestamp() * 1000) - _EPOCH_MS
    return Id(milliseconds << 22 | _NODE << 12 | count)


def first_id_since(moment: datetime) -> Id:
    """Return an id no greater than any that was or will be made from this real instant on."""
    return Id((int(moment.timestamp() * 1000) - _EPOCH_MS) << 22)
