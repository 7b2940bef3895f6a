"""The key that is told by what was heard so far."""

from __future__ import annotations

import numpy as np

from app.music.heard_key import HeardKey

_C_MAJOR = (4, 0, 2, 0, 3, 2, 0, 4, 0, 2, 0, 1)


def lengths(tonic: int, scale: tuple[float, ...] = _C_MAJOR) -> np.ndarray:
    return np.roll(np.array(scale, float), tonic)


def test_the_key_of_a_scale_is_heard_once_there_is_enough_of_it() -> None:
    heard = HeardKey()
    heard.update(lengths(5) / 100)
    assert heard.fifths is None, "a fifth of a second tells nothing"
    heard.update(np.eye(12)[5] * 60.0)
    assert heard.fifths is None, "nor does one note"
    for tonic, fifths in ((5, -1), (2, 2), (3, -3), (0, 0)):
        heard.clear()
        heard.update(lengths(tonic))
        assert heard.fifths == fifths


def test_names_do_not_go_to_and_fro_between_neighbouring_keys() -> None:
    heard, seen = HeardKey(), []
    # From C slowly to F, and back.
    shares = np.linspace(0.0, 1.0, 101)
    for share in (*shares, *shares[::-1]):
        heard.update((1 - share) * lengths(0) + share * lengths(5))
        seen.append(heard.fifths)
    there, back = seen[:101], seen[101:]
    assert sorted(there, reverse=True) == there
    assert sorted(back) == back
    assert (there[0], there[-1], back[-1]) == (0, -1, 0)
    # In between it stays what it was.
    assert there.count(-1) + 3 < back.count(-1)
