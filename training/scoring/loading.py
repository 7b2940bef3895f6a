"""Recordings, one after the other; one that cannot be read is left out by name and reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tqdm import tqdm

from training.corpora.recording import CorpusError, Labelled, Recording


def readable(
    recordings: Sequence[Recording], sample_rate: int, failures: list[str]
) -> Iterator[tuple[Recording, Labelled]]:
    """Each recording with its sound and notes; a sentence for each that cannot be read is added."""
    for recording in tqdm(recordings, unit="recording", disable=None):
        try:
            loaded = recording.load(sample_rate)
        except CorpusError as error:
            failures.append(str(error))
        except OSError as error:
            failures.append(f"{recording.corpus}/{recording.name}: it cannot be read ({error})")
        else:
            yield recording, loaded
