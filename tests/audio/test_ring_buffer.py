"""The ring hands on every sample once and in order, and counts those that it could not."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from app.audio.capture.ring_buffer import RingBuffer


def ramp(start: int, length: int) -> np.ndarray:
    """Whole numbers one after the other, exact in float32: a sample tells where it belongs."""
    return np.arange(start, start + length, dtype=np.float32)[:, None]


def test_what_was_written_is_read_once_and_in_order() -> None:
    ring = RingBuffer(100)
    reader = ring.reader()
    ring.write(ramp(0, 30))
    ring.write(ramp(30, 40))
    assert ring.read_available(reader)[:, 0].tolist() == list(range(70))
    assert len(ring.read_available(reader)) == 0
    ring.write(ramp(70, 60))
    assert ring.read_available(reader)[:, 0].tolist() == list(range(70, 130))
    assert reader.lost == 0


def test_a_reader_starts_with_the_next_sample() -> None:
    ring = RingBuffer(10)
    ring.write(ramp(0, 25))
    reader = ring.reader()
    ring.write(ramp(25, 3))
    assert ring.read_available(reader)[:, 0].tolist() == [25, 26, 27]
    assert reader.lost == 0


def test_a_late_reader_gets_the_newest_samples_and_knows_its_loss() -> None:
    ring = RingBuffer(10)
    reader = ring.reader()
    for start in range(0, 24, 4):
        ring.write(ramp(start, 4))
    assert ring.read_available(reader)[:, 0].tolist() == list(range(14, 24))
    assert reader.lost == 14
    ring.write(ramp(24, 4))
    assert ring.read_available(reader)[:, 0].tolist() == list(range(24, 28))
    assert reader.lost == 14


def test_a_block_longer_than_the_ring_leaves_its_end() -> None:
    ring = RingBuffer(8)
    reader = ring.reader()
    ring.write(ramp(0, 3))
    ring.write(ramp(3, 50))
    assert ring.read_available(reader)[:, 0].tolist() == list(range(45, 53))
    assert reader.lost == 45
    assert ring.written == 53


def test_what_was_read_is_a_copy() -> None:
    ring = RingBuffer(4)
    reader = ring.reader()
    ring.write(ramp(0, 4))
    read = ring.read_available(reader)
    ring.write(ramp(4, 4))
    assert read[:, 0].tolist() == [0, 1, 2, 3]


def test_a_frame_holds_all_its_channels_across_the_edge() -> None:
    ring = RingBuffer(5, n_channels=2)
    reader = ring.reader()
    frames = np.arange(16, dtype=np.float32).reshape(8, 2)
    for first in range(0, 8, 2):
        ring.write(frames[first : first + 2])
        np.testing.assert_array_equal(ring.read_available(reader), frames[first : first + 2])


def test_a_ring_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1 frame, not 0"):
        RingBuffer(0)


@pytest.mark.parametrize("seed", range(20))
def test_ragged_sequences_against_a_plain_list(seed: int) -> None:
    """Two readers, blocks and pauses of any length, compared with the whole history."""
    rng = np.random.default_rng(seed)
    ring = RingBuffer(int(rng.integers(1, 64)))
    readers = [ring.reader(), ring.reader()]
    read_until = [0, 0]
    history = 0
    for _ in range(300):
        length = int(rng.integers(0, 2 * ring.capacity))
        ring.write(ramp(history, length))
        history += length
        for index, reader in enumerate(readers):
            if rng.random() < (0.9, 0.3)[index]:
                lost_before = reader.lost
                read = ring.read_available(reader)
                expected_lost = max(0, history - read_until[index] - ring.capacity)
                assert reader.lost - lost_before == expected_lost
                start = read_until[index] + expected_lost
                assert read[:, 0].tolist() == list(range(start, history))
                read_until[index] = reader.position
    assert ring.written == history


def test_a_reader_that_waits_is_woken_by_what_is_written() -> None:
    ring = RingBuffer(10)
    # What came before the wait ends it at once, however often it came.
    ring.write(ramp(0, 2))
    ring.write(ramp(2, 2))
    ring.wait(1e6)
    ring.wait(0.001)
    for news in (lambda: ring.write(ramp(4, 1)), ring.wake):
        waiting = threading.Thread(target=ring.wait, args=(1e6,))
        waiting.start()
        news()
        waiting.join()
    assert ring.written == 5


@pytest.mark.parametrize("capacity", [4096, 300_000])
def test_a_producer_thread(capacity: int) -> None:
    """With a ring too short for the reader samples are lost, but none is torn, doubled or moved."""
    total = 300_000
    ring = RingBuffer(capacity)
    reader = ring.reader()

    def produce() -> None:
        rng = np.random.default_rng(0)
        done = 0
        while done < total:
            length = min(int(rng.integers(1, 3000)), total - done)
            ring.write(ramp(done, length))
            done += length

    producer = threading.Thread(target=produce)
    producer.start()
    n_read = 0
    while reader.position < total:
        # No sample is read before it was counted as written, so an empty read means: none yet.
        read = ring.read_available(reader)
        if len(read):
            np.testing.assert_array_equal(read, ramp(reader.position - len(read), len(read)))
        n_read += len(read)
    producer.join()
    assert n_read + reader.lost == total
    if capacity >= total:
        assert reader.lost == 0
