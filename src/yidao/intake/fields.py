"""What the decoders check of single fields beyond their types."""

from typing import Final

from yidao.carriers import texts
from yidao.carriers.native import wire

ID_MAX: Final = (1 << 63) - 1


class Bad(Exception):
    """One item is wrong."""

    def __init__(self, code: str, *faults: tuple[str, str]) -> None:
        super().__init__(code)
        self.code = code
        self.faults = faults


def is_order_no(text: str) -> bool:
    """Tell whether an order can go by this."""
    return ";" not in text and text.isprintable() and text.strip() == text


def is_plain(text: str) -> bool:
    """Tell whether a foreign name is empty or printable ASCII without blanks."""
    return text.isascii() and text.isprintable() and " " not in text


def is_digits(text: str) -> bool:
    """Tell whether a text is digits, and at least one."""
    return text.isascii() and text.isdigit()


def id_of(text: str, pointer: str, *, malformed: str = "parcel.malformed") -> int:
    """
    Return an id of ours.

    :raises Bad: it is none.
    """
    value = int(text) if is_digits(text) else 0
    if not 0 < value <= ID_MAX:
        raise Bad(malformed, (pointer, "field.form"))
    return value


def creator(text: str | None, pointer: str, *, malformed: str) -> int | None:
    """
    Return the id of a creator, None where none was told.

    :raises Bad: it is no id of ours.
    """
    return id_of(text, pointer, malformed=malformed) if text is not None else None


def product_name(line: wire.Line | wire.OrderLine, order_no: str, pointer: str, *, malformed: str) -> str:
    """
    Return the product's name as we keep it.

    :raises Bad: the order number, the live show or the product cannot be kept as it is.
    """
    if not is_order_no(order_no):
        raise Bad(malformed, (f"{pointer}/order_no", "field.form"))
    for field in ("room_id", "product_id"):
        if not is_plain(getattr(line, field)):
            raise Bad(malformed, (f"{pointer}/{field}", "field.form"))
    return readable(line.product_name, f"{pointer}/product_name", malformed=malformed)


def readable(text: str, pointer: str, *, malformed: str) -> str:
    """
    Return a text for everybody as we keep it: without telephone numbers and control characters.

    :raises Bad: it holds NUL.
    """
    if "\x00" in text:
        raise Bad(malformed, (pointer, "field.nul"))
    return texts.readable(text, limit=texts.PLACE_MAX) if text else ""


def private(text: str, pointer: str, *, malformed: str) -> str:
    """
    Return a text that will be encrypted, as it was told but for blanks around it.

    :raises Bad: it holds NUL.
    """
    if "\x00" in text:
        raise Bad(malformed, (pointer, "field.nul"))
    return text.strip()
