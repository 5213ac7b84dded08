"""The answer to a batch: one entry for each item, in the order they were sent; common ones are encoded beforehand."""

from typing import Any, Final

import msgspec

from yidao.carriers.native import wire
from yidao.intake.decode import Decoded
from yidao.intake.faults import Problem
from yidao.intake.http import Answer, Request
from yidao.intake.payloads import ItemResult, Result
from yidao.intake.phrases import Language

_ACCEPTED: Final = tuple(b'{"index":%d,"result":"ACCEPTED"}' % index for index in range(wire.EVENTS_MAX))
_DUPLICATE: Final = tuple(b'{"index":%d,"result":"DUPLICATE"}' % index for index in range(wire.EVENTS_MAX))
_encoder = msgspec.json.Encoder()


def items_answer(found: Decoded, results: list[ItemResult], request: Request) -> Answer:
    """Return 200 with what became of each item: `results` answers the good ones, in their order."""
    entries: list[bytes] = []
    answered = iter(results)
    language: Language | None = None
    for index in range(found.count):
        problem = found.problems.get(index)
        if problem is None:
            result = next(answered)
            if not result.code and not result.id:
                if result.result is Result.ACCEPTED:
                    entries.append(_ACCEPTED[index])
                    continue
                if result.result is Result.DUPLICATE:
                    entries.append(_DUPLICATE[index])
                    continue
        else:
            result = ItemResult(Result.REJECTED, code=problem.code)
        language = language or request.language
        entries.append(_encoder.encode(entry(index, result, problem, language)))
    return Answer(200, b'{"items":[' + b",".join(entries) + b"]}")


def entry(index: int, result: ItemResult, problem: Problem | None, language: Language) -> dict[str, Any]:
    """Return one item's answer in full."""
    whole: dict[str, Any] = {"index": index, "result": result.result.value}
    if result.id:
        whole["id"] = result.id
    if result.state:
        whole["state"] = result.state
    if result.result is Result.REJECTED:
        told = problem or Problem(result.code)
        whole["problem"] = told.rendered(language)
        if result.detail:
            whole["problem"]["context"] = {name: _plain(value) for name, value in result.detail.items()}
        return whole
    if result.code:
        whole["code"] = result.code
    if result.detail:
        whole["context"] = {name: _plain(value) for name, value in result.detail.items()}
    return whole


def _plain(value: Any) -> Any:
    """Return a fact of a refusal for machines; ids are strings in JSON."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value
