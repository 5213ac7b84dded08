"""Refusals of the intake before anything is queued: what is wrong with a request, or with one item of it."""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from yidao.intake import phrases
from yidao.intake.phrases import Language
from yidao.kit import problems
from yidao.kit.errors import FieldFault


class Fault(msgspec.Struct, frozen=True):
    """One field that is wrong: a JSON pointer and a code of `phrases.FAULTS`."""

    pointer: str
    code: str


class Problem(msgspec.Struct, frozen=True):
    """A code of `phrases.PHRASES` with the values of its placeholders and the faulty fields."""

    code: str
    faults: tuple[Fault, ...] = ()
    values: dict[str, Any] = {}

    def status(self) -> int:
        """Return the status of HTTP."""
        return phrases.PHRASES.get(self.code, phrases.UNKNOWN).status

    def rendered(self, language: Language) -> dict[str, Any]:
        """Return the problem as it is sent."""
        phrase = phrases.PHRASES.get(self.code, phrases.UNKNOWN)
        return problems.problem(
            code=self.code,
            status=phrase.status,
            title=_filled(phrase.in_language(language), self.values),
            detail=str(self.values.get("detail", "")),
            faults=[
                FieldFault(
                    pointer=fault.pointer, code=fault.code, message=phrases.FAULTS[fault.code].in_language(language)
                )
                for fault in self.faults
            ],
        )


def _filled(sentence: str, values: Mapping[str, Any]) -> str:
    for name, value in values.items():
        sentence = sentence.replace("{" + name + "}", str(value))
    return sentence


class Refused(Exception):
    """The whole request is refused with a problem; `headers` go along (Retry-After, Allow, WWW-Authenticate)."""

    def __init__(self, problem: Problem, *, headers: tuple[tuple[bytes, bytes], ...] = ()) -> None:
        super().__init__(problem.code)
        self.problem = problem
        self.headers = headers


def refused(code: str, *, headers: tuple[tuple[bytes, bytes], ...] = (), **values: Any) -> Refused:
    """Return the refusal of a whole request, to be raised."""
    return Refused(Problem(code, values=values), headers=headers)


_PATH: Final = re.compile(r" - at `\$([^`]*)`$")
_STEP: Final = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")
_NAMED: Final = re.compile(r"^Object (?:missing required|contains unknown) field `([^`]*)`")

_BY_BEGINNING: Final = (
    ("Object missing", "field.missing"),
    ("Object contains", "field.unknown"),
    ("Expected `str` of length", "field.length"),
    ("Expected `array` of length", "field.length"),
    ("Expected `datetime`", "field.time"),
    ("Invalid RFC3339", "field.time"),
    ("Expected `int` >", "field.range"),
    ("Expected `int` <", "field.range"),
    ("Number out of range", "field.range"),
    ("Integer value out of range", "field.range"),
    ("Expected", "field.type"),
)


def fault_of(error: Exception, *, base: str) -> Fault:
    """Return what a decoder's error says: the pointer below `base` and the kind of the fault."""
    text = str(error)
    if not isinstance(error, msgspec.ValidationError):
        return Fault(base, "field.encoding")
    path = _PATH.search(text)
    pointer = base
    if path is not None:
        for step in _STEP.finditer(path.group(1)):
            pointer += "/" + (step.group(1) or step.group(2))
    named = _NAMED.match(text)
    if named is not None:
        pointer += "/" + named.group(1).replace("~", "~0").replace("/", "~1")
    for beginning, code in _BY_BEGINNING:
        if text.startswith(beginning):
            return Fault(pointer, code)
    return Fault(pointer, "field.type")
