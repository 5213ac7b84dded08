"""The one line every benchmark prints."""

from statistics import median


def line(name: str, *, value: float, floor: float, unit: str, **further: object) -> str:
    """Print and return the line of a benchmark; a ratio is value over floor, whatever the unit."""
    ratio = value / floor if floor else 0.0
    tail = "".join(f" {key}={_figure(each)}" for key, each in further.items())
    text = f"BENCH {name} ratio={ratio:.2f} value={_figure(value)} floor={_figure(floor)} unit={unit}{tail}"
    print(text, flush=True)
    return text


def _figure(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 100 else f"{value:.2f}"
    return str(value)


def middle(values: list[float]) -> float:
    """Return the median."""
    return float(median(values))


def quantile(values: list[float], share: float) -> float:
    """Return the value below which `share` of the sorted values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
