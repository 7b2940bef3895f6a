"""An opened recording that is decoded anew, with other settings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pytestqt.qtbot import QtBot

from app.song.song import Song
from model.config import DecoderConfig
from model.decoding.decoder import Decoder
from model.notes import Note, notes_from_events
from model.transcriber import Heard, Transcriber
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.song.song_log import Log, long_wav, song, transcribe  # noqa: F401

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811


def redecode(song: Song, decoder: DecoderConfig, qtbot: QtBot) -> list[Note]:
    with qtbot.waitSignal(song.notes_changed, timeout=10_000):
        song.redecode(decoder)
    return song.notes


def test_redecoding_with_the_same_settings_gives_the_same_notes(
    song: Song, transcriber: Transcriber, tone_wav: Path, qtbot: QtBot
) -> None:
    transcribe(song, tone_wav, qtbot)
    before = song.notes
    assert redecode(song, transcriber.decoder, qtbot) == before


def test_redecoding_changes_the_notes_and_nothing_else(
    song: Song, transcriber: Transcriber, tone_wav: Path, qtbot: QtBot
) -> None:
    transcribe(song, tone_wav, qtbot)
    before = song.notes
    probabilities = [song.probabilities.onset.copy(), song.probabilities.frame.copy()]
    info, decoder = song.info, transcriber.decoder
    log = Log(song)
    strict = redecode(song, DecoderConfig(onset_threshold=0.9), qtbot)
    loose = redecode(song, DecoderConfig(onset_threshold=0.3), qtbot)
    assert len(strict) < len(before) < len(loose)
    assert song.decoder == DecoderConfig(onset_threshold=0.3)
    assert log.entries == []
    np.testing.assert_array_equal(song.probabilities.onset, probabilities[0])
    np.testing.assert_array_equal(song.probabilities.frame, probabilities[1])
    assert (song.info, transcriber.decoder) == (info, decoder)
    assert redecode(song, decoder, qtbot) == before


def test_of_many_requests_the_latest_wins(
    song: Song, transcriber: Transcriber, tone_wav: Path, qtbot: QtBot
) -> None:
    transcribe(song, tone_wav, qtbot)
    expected = transcriber.decode(song.probabilities, DecoderConfig(onset_threshold=0.31), 2.0)
    for percent in range(90, 30, -1):
        song.redecode(DecoderConfig(onset_threshold=percent / 100))
    qtbot.waitUntil(lambda: song.notes == expected, timeout=10_000)


def test_a_request_while_one_is_worked_on_takes_its_turn(
    song: Song, transcriber: Transcriber, tone_wav: Path, qtbot: QtBot
) -> None:
    transcribe(song, tone_wav, qtbot)
    wanted = [DecoderConfig(onset_threshold=0.3), DecoderConfig(onset_threshold=0.4)]
    song.notes_changed.connect(lambda: song.redecode(wanted.pop()) if wanted else None)
    song.redecode(DecoderConfig(onset_threshold=0.9))
    expected = transcriber.decode(song.probabilities, DecoderConfig(onset_threshold=0.3), 2.0)
    qtbot.waitUntil(lambda: not wanted and song.notes == expected, timeout=10_000)


def test_redecoding_while_it_is_heard_holds_for_the_rest(
    song: Song, transcriber: Transcriber, long_wav: Path, qtbot: QtBot
) -> None:
    loose = DecoderConfig(onset_threshold=0.3)
    late: list[Heard] = []

    def once(heard: Heard) -> None:
        if heard.first_frame == 0:
            song.redecode(loose)
        late.append(heard)

    song.heard.connect(once)
    transcribe(song, long_wav, qtbot)
    expected = transcriber.decode(song.probabilities, loose, 12.0)
    assert expected[-1].onset_s > 10
    qtbot.waitUntil(lambda: song.notes == expected, timeout=10_000)
    # From then on, events under the old settings would only confuse.
    assert late[-1].events == []


def test_redecoding_after_cancelling_keeps_to_what_was_heard(
    song: Song, transcriber: Transcriber, long_wav: Path, qtbot: QtBot
) -> None:
    song.heard.connect(lambda heard: heard.first_frame and song.cancel())
    with qtbot.waitSignal(song.cancelled, timeout=10_000):
        song.open(long_wav)
    loose = DecoderConfig(onset_threshold=0.3)
    decoder = Decoder(loose, transcriber.features, transcriber.network_config)
    expected = notes_from_events(decoder.push(song.probabilities, 0.0))
    assert redecode(song, loose, qtbot) == expected


def test_closing_while_it_is_decoded_anew(song: Song, tone_wav: Path, qtbot: QtBot) -> None:
    transcribe(song, tone_wav, qtbot)
    song.redecode(DecoderConfig(onset_threshold=0.3))
    song.close()
    assert song.notes == []
