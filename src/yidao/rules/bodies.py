"""What the stored bodies of all policies share: how one is read, what may be wrong with it, how two of them differ."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from yidao.rules.instants import NEVER, Instant, instant


class Fault(NamedTuple):
    """One fault of a body: a JSON pointer and a permanent code."""

    path: str
    code: str


class PolicyInvalid(ValueError):
    """A body cannot become a policy; `faults` lists everything that is wrong with it, sorted by path."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__(", ".join(f"{each.path}: {each.code}" for each in faults))
        self.faults = faults


class Reader:
    """Reads a body and collects its faults; what could not be read is answered with a harmless stand-in."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def known(self, part: Mapping[str, Any], path: str, names: tuple[str, ...]) -> None:
        """Note the fields of a part that nobody knows."""
        self.faults += (Fault(f"{path}/{each}", "unknown") for each in part if each not in names)

    def integer(self, part: Mapping[str, Any], path: str, name: str, least: int, most: int) -> int:
        """Return a whole number within its range, both ends included; else note the fault and return the greatest."""
        value = part.get(name)
        if type(value) is int and least <= value <= most:
            return value
        code = "missing" if name not in part else "out_of_range" if type(value) is int else "not_integer"
        self.faults.append(Fault(f"{path}/{name}", code))
        return most

    def flag(self, part: Mapping[str, Any], path: str, name: str) -> bool:
        """Return a yes or no; else note the fault and return no."""
        value = part.get(name)
        if isinstance(value, bool):
            return value
        self.faults.append(Fault(f"{path}/{name}", "missing" if name not in part else "not_boolean"))
        return False

    def moment(self, part: Mapping[str, Any], path: str, name: str, years: range) -> Instant:
        """Return a time with an offset, in one of the years; else note the fault and return NEVER."""
        value = part.get(name)
        try:
            moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        except ValueError:
            moment = None
        if moment is not None and moment.tzinfo is not None and moment.year in years:
            return instant(moment)
        self.faults.append(Fault(f"{path}/{name}", "missing" if name not in part else "not_time"))
        return NEVER

    def items(self, part: Mapping[str, Any], path: str, name: str, most: int) -> list[Any]:
        """Return a list that is not too long; else note the fault and return none."""
        value = part.get(name)
        if isinstance(value, list) and len(value) <= most:
            return value
        code = "missing" if name not in part else "too_many" if isinstance(value, list) else "not_list"
        self.faults.append(Fault(f"{path}/{name}", code))
        return []


def flat(
    body: Mapping[str, Any], ranges: Mapping[str, tuple[int, int]], *, flags: tuple[str, ...] = ()
) -> dict[str, Any]:
    """
    Return the numbers and the yes-or-noes of a body that has nothing else in it.

    :raises PolicyInvalid: with every fault at once: missing and unknown fields, wrong types, numbers out of range.
    """
    reader = Reader()
    reader.known(body, "", (*flags, *ranges))
    told: dict[str, Any] = {each: reader.flag(body, "", each) for each in flags}
    told |= {each: reader.integer(body, "", each, *limits) for each, limits in ranges.items()}
    if reader.faults:
        raise PolicyInvalid(tuple(sorted(reader.faults)))
    return told


class Change(NamedTuple):
    """One value that differs between two bodies; None stands for "not there"."""

    path: str
    old: Any
    new: Any


def difference(old_body: Mapping[str, Any], new_body: Mapping[str, Any]) -> tuple[Change, ...]:
    """Return what differs between two bodies, sorted by path, so that an operator sees what he is about to publish."""
    old, new = dict(_leaves(old_body, "")), dict(_leaves(new_body, ""))
    return tuple(
        Change(path, old.get(path), new.get(path))
        for path in sorted(old.keys() | new.keys())
        if old.get(path) != new.get(path)
    )


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Walk a body; a list of plain values is one value, region sets go by name and start instead of their place."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}/{key}")
    elif isinstance(value, list) and any(isinstance(each, Mapping) for each in value):
        for index, each in enumerate(value):
            if isinstance(each, Mapping):
                since = each.get("effective_from")
                yield from _leaves(each, f"{path}/{each.get('name', index)}" + (f"@{since}" if since else ""))
            else:
                yield f"{path}/{index}", each
    else:
        yield path, value
