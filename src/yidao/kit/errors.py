"""Refusals: what the product says when the answer is no. One handler for pages and one for the API render them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldFault:
    """One field of an input that is wrong; `pointer` is a JSON pointer or a form field's name."""

    pointer: str
    code: str
    message: str = ""


class Refusal(Exception):
    """
    A clear no with a permanent dotted code, a status and a message that can be translated.

    `message` is an English message id with named placeholders, filled from `values` at rendering. Subclasses live
    beside the function that raises them.
    """

    code = "refused"
    status = 409
    message = "This cannot be done."

    def __init__(
        self, *, faults: tuple[FieldFault, ...] = (), headers: Mapping[str, str] | None = None, **values: Any
    ) -> None:
        super().__init__(self.code)
        self.faults = faults
        self.headers = dict(headers or {})
        self.values = values


class NotVisible(Refusal):
    """The thing does not exist, or is not this actor's to see; the two are never told apart."""

    code = "not_found"
    status = 404
    message = "There is nothing here, or it is not yours to see."


class Forbidden(Refusal):
    """The actor may see the place but not do this there."""

    code = "forbidden"
    status = 403
    message = "Your role does not allow this."
