"""Signals that wait until they are asked for."""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import Future

import pytest

from model.processes.held_signals import first_done, held_signals

pytestmark = pytest.mark.skipif(os.name != "posix", reason="wants signals")


@pytest.mark.parametrize(
    ("number", "raised"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)]
)
def test_a_signal_is_heeded_when_it_is_asked_for(
    number: signal.Signals, raised: type[BaseException]
) -> None:
    usual = signal.getsignal(number)
    passed = False

    def work() -> None:
        nonlocal passed
        with held_signals() as heed:
            heed()
            os.kill(os.getpid(), number)
            passed = True
            heed()
            pytest.fail("it was not heeded")

    with pytest.raises(raised):
        work()
    assert passed
    assert signal.getsignal(number) is usual


def test_a_signal_that_nobody_asked_for_is_heeded_at_the_end() -> None:
    with pytest.raises(KeyboardInterrupt), held_signals():
        os.kill(os.getpid(), signal.SIGINT)


def test_a_fault_is_told_rather_than_a_signal() -> None:
    def fail() -> None:
        with held_signals():
            os.kill(os.getpid(), signal.SIGINT)
            raise RuntimeError("a fault")

    with pytest.raises(RuntimeError, match="a fault"):
        fail()


def test_what_is_ignored_stays_ignored() -> None:
    usual = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with held_signals() as heed:
            os.kill(os.getpid(), signal.SIGINT)
            heed()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, usual)


def test_another_thread_may_hold_none() -> None:
    heeded = []

    def work() -> None:
        with held_signals() as heed:
            heeded.append(heed())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert heeded == [None]


def test_waiting_heeds_again_and_again() -> None:
    done: Future[int] = Future()
    never: Future[int] = Future()
    heeded = 0

    def heed() -> None:
        nonlocal heeded
        heeded += 1
        if heeded == 3:
            done.set_result(5)

    assert first_done([never, done], heed) is done
    assert heeded == 3
