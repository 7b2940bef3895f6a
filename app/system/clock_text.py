"""Times as people write them."""

from __future__ import annotations


def clock_text(seconds: float, decimals: int = 0) -> str:
    """A time as m:ss, or h:mm:ss from one hour on, with decimals where wanted."""
    units = 10**decimals
    total = max(0, round(seconds * units))
    whole, rest = divmod(total, units)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    text = f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
    return f"{text}.{rest:0{decimals}}" if decimals else text
