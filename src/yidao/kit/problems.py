"""The one shape of an error for machines, problem+json (RFC 9457) with our permanent code and the faulty fields."""

from collections.abc import Iterable
from typing import Any, Final

from yidao.kit.errors import FieldFault

MEDIA_TYPE: Final = "application/problem+json"


def problem(
    *, code: str, status: int, title: str, detail: str = "", faults: Iterable[FieldFault] = ()
) -> dict[str, Any]:
    """Return the members of one problem; `code` is permanent, `title` and `detail` are for people."""
    return {
        "type": f"urn:yidao:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "errors": [
            {"pointer": fault.pointer, "code": fault.code, "message": fault.message}
            if fault.message
            else {"pointer": fault.pointer, "code": fault.code}
            for fault in faults
        ],
    }
