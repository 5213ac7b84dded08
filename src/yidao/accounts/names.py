"""How a name is found: by a part of it, by its pinyin or by its initials. The keys are stored with the name."""

from dataclasses import dataclass

GRAM = 2
CHARS_MAX = 60
"""What is looked for beyond this is not read; no name is that long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The stored keys of one name; `grams` are the short pieces that the index finds it by."""

    pinyin: str
    initials: str
    grams: tuple[str, ...]


def keys(name: str) -> Keys:
    """Return the keys of a name: 花间集 is found by 间集, huajian and hjj alike."""
    from pypinyin import Style, lazy_pinyin  # inline: slow

    syllables = [part.strip() for part in lazy_pinyin(name.lower())]
    first = [part.strip() for part in lazy_pinyin(name.lower(), style=Style.FIRST_LETTER)]
    initials = _solid("".join(first))
    pieces = (
        *(f"n{gram}" for gram in _grams(_solid(name))),
        *(f"p{gram}" for gram in _grams(_solid("".join(syllables)))),
        *(f"i{gram}" for gram in _grams(initials)),
    )
    return Keys(
        pinyin=" ".join(part for part in syllables if part), initials=initials, grams=tuple(sorted(set(pieces)))
    )


def wanted(text: str) -> tuple[str, tuple[list[str], ...]]:
    """Return what was typed without blanks, and the grams each of name, pinyin and initials must have to hold it."""
    solid = _solid(text[:CHARS_MAX])
    if not solid:
        return "", ()
    grams = [solid] if len(solid) < GRAM else [solid[at : at + GRAM] for at in range(len(solid) - GRAM + 1)]
    return solid, tuple([f"{kind}{gram}" for gram in grams] for kind in "npi")


def _solid(text: str) -> str:
    """Return the letters and digits of a text in lower case; blanks and signs are nobody's to remember."""
    return "".join(char for char in text.lower() if char.isalnum())


def _grams(solid: str) -> set[str]:
    """Return the single characters of a text and its pairs of neighbours."""
    return set(solid) | {solid[at : at + GRAM] for at in range(len(solid) - GRAM + 1)}


def holds(solid: str, *, name: str, pinyin: str, initials: str) -> bool:
    """Return whether a name holds what was typed; grams alone may stand in another order."""
    return solid in _solid(name) or solid in _solid(pinyin) or solid in initials
