"""Plays a recording and its notes, and says where in it the ear is."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np

from app.audio.playback.clicks import Clicks
from app.audio.playback.mixer import Mixer, Score
from app.audio.playback.output import OpenOutput, Output
from app.audio.playback.output_stream import Fill
from app.audio.playback.pitch_shift import tape
from app.audio.playback.solo_note import sound_of
from app.audio.playback.synthesiser import SoundingNote, Tones
from app.audio.playback.time_stretch import Samples
from model.pitch import STANDARD_A4

__all__ = ["Fill", "OpenOutput", "Player"]

SLOWEST, FASTEST = 0.1, 1.5
# A loop is no shorter than this.
_SHORTEST_LOOP_S = 0.05
# The rate at which notes sound where there is no recording.
_OWN_RATE = 44_100


class Player:
    """Plays mono samples, and notes with a built-in instrument, on the default output device.

    Plain Python, to be used from one thread. The position comes from the audio clock: which sample
    was handed to the device, when the device will sound it, and what of the recording it is.
    `clicks` is the metronome, `output` the device.
    """

    def __init__(self, open_output: OpenOutput | None = None, a4: float = STANDARD_A4) -> None:
        """Args: `open_output` takes the place of PortAudio; `a4` (Hz) tunes the instrument."""
        self._a4, self.clicks = a4, Clicks()
        self._is_playing = False
        self._speed = self._ratio = 1.0
        self._loop: tuple[float, float] | None = None
        self._gains = 1.0, 0.0
        # What the ear has reached, in samples of the recording; it only moves on while playing.
        self._position = 0.0
        # The driver's thread holds it while it makes a portion.
        self._lock = threading.Lock()
        self.output = Output(open_output, self._lock)
        # Where a part that is played ends, in samples, and whether some notes sound alone in it.
        self._until: int | None = None
        self._is_alone = False
        self._load(np.zeros(0, np.int16), _OWN_RATE)

    # What is played.

    def load(self, samples: Samples, sample_rate: int) -> None:
        """Takes another recording, at its beginning, silent, without notes and without a loop.

        Speed, pitch and mix stay. Samples are not copied.

        Args: `samples` are mono, shape (any,), a memory map serves too; `sample_rate` is in Hz.
        """
        self.pause()
        self._load(samples, sample_rate)

    def tune(self, a4: float) -> None:
        """Tunes the instrument to another A4, in Hz: every note that is struck from now on."""
        if a4 != self._a4:
            self._a4 = a4
            self._retune()

    @property
    def recording(self) -> tuple[Samples, int]:
        """The samples that are played, not copied, and their rate in Hz."""
        return self._samples, self._rate

    def load_silence(self, seconds: float) -> None:
        """As `load` of so much silence, for notes without a recording; takes no memory."""
        count = round(seconds * _OWN_RATE)
        self.load(np.broadcast_to(np.int16(0), (count,)), _OWN_RATE)

    def set_notes(self, notes: Sequence[SoundingNote]) -> None:
        """The notes that sound with the recording; those that sound already do so to their end."""
        self._score = Score(notes)
        self._sound_all()

    def set_mix(self, recording: float, notes: float) -> None:
        """How loud the recording and its notes are, each 0 (not at all) to 1. At once."""
        begins_with_notes = notes > 0 and self._gains[1] == 0
        self._gains = recording, notes
        self._sound_all()
        if begins_with_notes:
            self._prepare()

    # Playing.

    def play(self) -> None:
        """Plays from the position on, from the beginning when it is at the end.

        Raises AudioDeviceError when no output device can be opened.
        """
        if self.is_playing or not len(self._samples):
            return
        if self._position >= len(self._samples):
            self._position = 0.0
        if self._loop is not None and self._position >= self._loop_samples()[1]:
            self._position = float(self._loop_samples()[0])
        self._end_part()
        self._begin()

    def play_part(
        self, first_s: float, last_s: float, notes: Sequence[SoundingNote] | None = None
    ) -> None:
        """Plays a part once, whatever loops, and with `notes` these alone; as `play` else."""
        self.pause()
        self._until = min(round(last_s * self._rate), len(self._samples))
        self._position = min(max(0.0, first_s * self._rate), float(self._until))
        if notes is not None:
            self._is_alone = True
            self._mixer.score, self._mixer.gains = Score(notes), (0.0, 1.0)
        self._begin()

    def _begin(self) -> None:
        self._close_stream()
        self._prepare()
        self._start_at(self._position)
        self.output.open(self._mixer)
        self._is_playing = True

    def pause(self) -> None:
        """Falls silent at once; the position stays."""
        self._listen()
        self._is_playing = False
        self._close_stream()
        self._end_part()

    def seek(self, seconds: float) -> None:
        """Moves to a time, kept within the recording; goes on playing if it was playing."""
        was_playing = self.is_playing
        target = min(max(0.0, seconds * self._rate), float(len(self._samples)))
        if was_playing and (self.output.all_handed or target >= len(self._samples)):
            # The stream is playing out its end and asks for nothing more; or it shall end here.
            self.pause()
        if target >= self._last:
            self._end_part()
        self._position = target
        if self._is_playing:
            self._start_at(target)
        elif was_playing and target < len(self._samples):
            self.play()

    @property
    def position_s(self) -> float:
        """What is heard now, in seconds of the recording from its beginning."""
        self._listen()
        return self._position / self._rate

    @property
    def duration_s(self) -> float:
        """Length of the loaded recording, 0 when there is none."""
        return len(self._samples) / self._rate

    @property
    def is_playing(self) -> bool:
        """Whether the recording plays; False again at the end or when the device is lost."""
        self._listen()
        return self._is_playing

    def close(self) -> None:
        """Falls silent and forgets the recording."""
        self.load(np.zeros(0, np.int16), _OWN_RATE)

    # How it is played.

    @property
    def speed(self) -> float:
        """Seconds of the recording in each second, 0.1 to 1.5; its pitch stays the same."""
        return self._speed

    def set_speed(self, speed: float) -> None:
        """Plays slower or faster, at once; beyond 0.1 and 1.5 as they do."""
        before, self._speed = self._speed, min(max(speed, SLOWEST), FASTEST)
        if self._speed != before:
            self._go_on()

    def set_transposition(self, semitones: float) -> None:
        """Plays recording and notes so much higher, at once; the speed stays the same."""
        ratio = 2 ** (semitones / 12)
        if ratio != self._ratio:
            self._ratio = ratio
            self._retune()
            self._go_on()

    @property
    def loop(self) -> tuple[float, float] | None:
        """The seconds (first, last) that are played again and again; None without a loop."""
        return self._loop

    @property
    def turns(self) -> int:
        """How often the loop was heard to its end since speed, loop or place were set last."""
        self._listen()
        return self._turns

    def set_loop(self, first_s: float, last_s: float) -> None:
        """Plays a part again and again, at least 50 ms of it; where the position is not in it, it
        moves to its beginning. A later `seek` behind it plays on to the end."""
        last_s = min(max(last_s, first_s + _SHORTEST_LOOP_S), self.duration_s)
        first_s = max(0.0, min(first_s, last_s - _SHORTEST_LOOP_S))
        self._loop = first_s, last_s
        if first_s <= self.position_s < last_s:
            self._go_on()
        else:
            self.seek(first_s)

    def clear_loop(self) -> None:
        """Plays on to the end again."""
        if self._loop is not None:
            self._loop = None
            self._go_on()

    # Single notes.

    def strike(self, pitch: int, velocity: int = 80, seconds: float = 0.6) -> None:
        """Sounds a note of the instrument now, beside whatever plays. Raises as `play` does."""
        self._listen()
        if self.output.all_handed:
            self.pause()
        with self._lock:
            self._mixer.strike(pitch, velocity, seconds)
        self.output.open(self._mixer)

    def solo(self, note: SoundingNote, *, again: bool = False) -> None:
        """Pauses, and plays of the recording only what lies at this note's time and harmonics,
        `again` and again until `end_solo` or once. Raises as `play` does."""
        self.pause()
        alone = sound_of(note, self._samples, self._rate, self._a4)
        if len(alone):
            self._mixer.solo(alone, self._speed, again=again, ratio=self._ratio)
            self.output.open(self._mixer)

    def end_solo(self) -> None:
        """Lets what `solo` and `strike` play fade away at once; what else plays goes on."""
        with self._lock:
            self._mixer.end_solo()

    # Within.

    def _load(self, samples: Samples, sample_rate: int) -> None:
        self._samples, self._rate = samples, sample_rate
        self._tones = Tones(sample_rate, self._a4 * self._ratio)
        self._mixer = Mixer(sample_rate, self._tones, self.clicks)
        self._score = self._mixer.score
        self._end_part()
        self.output.forget()
        self._position, self._loop, self._turns = 0.0, None, 0

    def _loop_samples(self) -> tuple[int, int]:
        assert self._loop is not None
        return round(self._loop[0] * self._rate), round(self._loop[1] * self._rate)

    @property
    def _last(self) -> int:
        """Where playing ends, in samples."""
        return len(self._samples) if self._until is None else self._until

    def _end_part(self) -> None:
        self._until, self._is_alone = None, False
        self._sound_all()

    def _sound_all(self) -> None:
        if not self._is_alone:
            with self._lock:
                self._mixer.score, self._mixer.gains = self._score, self._gains

    def _start_at(self, position: float, *, is_jump: bool = True) -> None:
        loop = None if self._loop is None or self._until is not None else self._loop_samples()
        begun = tape(
            self._samples[: self._last], self._rate, position, self._speed, loop, self._ratio
        )
        with self._lock:
            self._mixer.start(begun, is_jump=is_jump)

    def _retune(self) -> None:
        self._tones = Tones(self._rate, self._a4 * self._ratio)
        with self._lock:
            self._mixer.tune(self._tones)
        self._prepare()

    def _go_on(self) -> None:
        """Plays on where it is, in another way."""
        if not self.is_playing:
            return
        if self.output.all_handed:
            self.seek(self._position / self._rate)
            return
        with self._lock:
            position = self._mixer.next_position
        if position is not None:
            self._start_at(position, is_jump=False)

    def _prepare(self) -> None:
        """Has the tones of the notes made before the driver asks for them."""
        if self._mixer.gains[1] > 0 and self._mixer.score.notes:
            self._tones.prepare_soon(self._mixer.score.notes)

    def _close_stream(self) -> None:
        self.output.close()
        self._mixer.silence()

    def _listen(self) -> None:
        """Moves on what the ear has reached, and lets go of a stream that is done."""
        if not self.output.is_open:
            return
        has_ended = self.output.is_over
        with self._lock:
            frame = self.output.frame()
            position, end = self._mixer.position(frame), self._mixer.end
            self._turns = self._mixer.turns(frame)
            is_over = self.output.has_sounded
        if self._is_playing:
            if position is not None:
                self._position = position
            if is_over or frame >= end:
                self._position, self._is_playing = float(self._last), False
        if is_over or has_ended:
            self._is_playing = False
            self._close_stream()
