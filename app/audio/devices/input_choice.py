"""Which sound input to listen to, and how, as the user chose it and as it is remembered."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class InputChoice:
    """A device by its name and host API, because its index changes from start to start.

    Attributes:
        name: the device's own name; None for the system's default input.
        host_api: the system's sound interface that offers it; None for whichever does.
        channel: the one channel to hear, counted from 0; None for the mean of all.
        sample_rate: in Hz; None for the model's where the device takes it, else the device's own.
    """

    name: str | None = None
    host_api: str | None = None
    channel: int | None = None
    sample_rate: int | None = None

    def as_json(self) -> dict[str, str | int | None]:
        """What `from_json` reads: plain values under the names of the attributes."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, values: object) -> InputChoice:
        """The choice that `as_json` gave; what is missing is None.

        Raises:
            ValueError: these are not the values of a choice.
        """
        if not isinstance(values, Mapping):
            raise ValueError(f"a choice of sound input must be a mapping, not {values!r}")
        return cls(
            _text(values, "name"),
            _text(values, "host_api"),
            _whole(values, "channel", 0),
            _whole(values, "sample_rate", 1),
        )


def _text(values: Mapping[object, object], key: str) -> str | None:
    value = values.get(key)
    if value is None or isinstance(value, str):
        return value
    raise ValueError(f"the {key} of a sound input must be text, not {value!r}")


def _whole(values: Mapping[object, object], key: str, least: int) -> int | None:
    value = values.get(key)
    # True is a whole number to Python.
    if value is None or (isinstance(value, int) and value is not True and value >= least):
        return value
    raise ValueError(f"the {key} of a sound input must be a whole number, not {value!r}")
