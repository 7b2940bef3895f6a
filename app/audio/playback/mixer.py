"""What is heard: the recording and its notes, and what is struck by hand, in one stream."""

from __future__ import annotations

import math
import operator
from collections import deque
from collections.abc import Sequence

import numpy as np

from app.audio.playback.clicks import Clicks, ClickVoices
from app.audio.playback.pitch_shift import tape
from app.audio.playback.synthesiser import Limiter, SoundingNote, Tones, Voices
from app.audio.playback.time_stretch import Sound, TimeStretcher

# Where playing jumps, the old sound fades into the new one.
_FADE_S = 0.008


class Score:
    """Notes in order of onset, found by the time that they begin at or sound through."""

    def __init__(self, notes: Sequence[SoundingNote] = ()) -> None:
        self.notes = sorted(notes, key=operator.attrgetter("onset_s"))
        self._onsets = np.array([note.onset_s for note in self.notes])
        # The latest offset so far: it never falls, so it can be searched.
        offsets = np.array([note.offset_s for note in self.notes])
        self._reach = np.maximum.accumulate(offsets) if len(offsets) else offsets

    def beginning(self, first_s: float, last_s: float) -> Sequence[SoundingNote]:
        """Those with onsets from `first_s` on and before `last_s`."""
        first, last = np.searchsorted(self._onsets, [first_s, last_s])
        return self.notes[first:last]

    def sounding(self, at_s: float) -> list[SoundingNote]:
        """Those that began before a moment and end after it."""
        first = int(np.searchsorted(self._reach, at_s, side="right"))
        last = int(np.searchsorted(self._onsets, at_s))
        return [note for note in self.notes[first:last] if note.offset_s > at_s]


class Mixer:
    """The player's source of samples, at the recording's own rate.

    It counts the frames (samples) that it gave since it was made, and knows where in the recording
    each of the last ones lies. Not thread-safe.

    Attributes:
        sample_rate: in Hz.
        score: the notes that sound with the recording.
        gains: loudness of the recording and of its notes, 0 to 1.
        clicks: the metronome.
        frames: how many it gave.
    """

    def __init__(self, sample_rate: int, tones: Tones, clicks: Clicks | None = None) -> None:
        self.sample_rate = self._rate = sample_rate
        self.score = Score()
        self.gains = 1.0, 0.0
        self._gains_before = self.gains
        self.frames = 0
        self._tape: TimeStretcher | None = None
        self._tape_start = 0
        # (the frame from which it is heard, the tape) in order: what is not heard yet, and now.
        self._heard: deque[tuple[int, TimeStretcher]] = deque()
        self._fading: Sound = np.zeros(0, np.float32)
        self._notes = Voices(tones)
        self._struck = Voices(tones)
        self.clicks = clicks or Clicks()
        self._clicking = ClickVoices(sample_rate, self.clicks)
        self._solo: TimeStretcher | None = None
        self._solo_left = 0.0
        self._limiter = Limiter()

    # Moving.

    def start(self, tape: TimeStretcher, *, is_jump: bool = True) -> None:
        """Plays a tape from the next frame on.

        Args:
            is_jump: the tape before it is forgotten, its place is not heard any more: what was
                given of it and not sounded yet counts as the beginning of this one.
        """
        self._fade_out()
        self._notes.release()
        self._clicking.clear()
        counted = self.clicks.take_count_in()
        lead = round(max((before_s for before_s, _ in counted), default=0.0) * self._rate)
        for before_s, is_first in counted:
            self._clicking.strike(is_first, lead - round(before_s * self._rate))
        self._tape, self._tape_start = tape, self.frames + lead
        if is_jump:
            self._heard.clear()
        self._heard.append((self._tape_start, tape))
        self._strike_sounding(tape.position(0), lead)

    def silence(self) -> None:
        """Everything falls silent at once, without a trace."""
        self._tape = self._solo = None
        self._heard.clear()
        self._notes.clear()
        self._struck.clear()
        self._clicking.clear()
        self._fading = self._fading[:0]
        self._gains_before = self.gains

    def strike(self, pitch: int, velocity: int, held_s: float) -> None:
        """Sounds a note now."""
        self._struck.strike(pitch, velocity, held_s * self._rate)

    def solo(
        self, samples: Sound, speed: float, *, again: bool = False, ratio: float = 1.0
    ) -> None:
        """Plays some samples beside everything else, `ratio` times as high, once or again and
        again."""
        span = (0, len(samples)) if again else None
        self._solo = tape(samples, self._rate, 0.0, speed, span, ratio)
        self._solo_left = self._solo.length

    def end_solo(self) -> None:
        """Fades out what `solo` plays, and releases what was struck by hand."""
        self._struck.release()
        if self._solo is not None:
            count = int(min(self._solo_left, round(_FADE_S * self._rate)))
            self._add_fading(self._solo.read(count))
            self._solo = None

    def tune(self, tones: Tones) -> None:
        """Takes other tones for what is struck from now on."""
        self._notes.tones = self._struck.tones = tones

    # Giving.

    @property
    def is_over(self) -> bool:
        """Whether nothing more sounds."""
        return (
            (self._tape is None or self._left() <= 0)
            and not len(self._notes)
            and not len(self._struck)
            and not len(self._fading)
            and self._solo is None
        )

    def read(self, count: int) -> Sound:
        """The next frames, shape (count,) float32 in -1..1; silence where nothing sounds."""
        out = np.zeros(count, np.float32)
        before, gains = self._gains_before, self.gains
        if self._tape is not None:
            # The metronome may count in.
            lead = min(count, max(0, self._tape_start - self.frames))
            end = int(min(count, max(self._left(), 0)))
            if end > lead:
                heard = self._tape.read(end - lead)
                out[lead:end] = heard * _ramp(before[0], gains[0], end - lead)
                self._strike_due(self._tape, lead, end)
            if end < count:
                self._notes.release(end)
        if len(self._notes):
            out += self._notes.read(count) * _ramp(before[1], gains[1], count)
        if len(self._fading):
            self._cross_fade(out)
        if len(self._struck):
            out += self._struck.read(count)
        if len(self._clicking):
            out += self._clicking.read(count)
        if self._solo is not None:
            part = int(min(count, self._solo_left))
            out[:part] += self._solo.read(part)
            self._solo_left -= part
            if self._solo_left <= 0:
                self._solo = None
        self.frames += count
        self._gains_before = gains
        return self._limiter.limit(out)

    # Where it is.

    def position(self, frame: float) -> float | None:
        """What of the recording sounds with a frame, in its samples; None while nothing plays.

        Frames must be asked for in order.
        """
        heard = self._heard_with(frame)
        return None if heard is None else heard[1].position(heard[0])

    def turns(self, frame: float) -> int:
        """How often the loop has turned since it began to be played as it is now; see `position`.
        """
        heard = self._heard_with(frame)
        return 0 if heard is None else heard[1].turns(heard[0])

    def _heard_with(self, frame: float) -> tuple[float, TimeStretcher] | None:
        """How many frames of which tape were heard before a frame."""
        while len(self._heard) > 1 and self._heard[1][0] <= frame:
            self._heard.popleft()
        if not self._heard:
            return None
        first, tape = self._heard[0]
        return max(0.0, frame - first), tape

    @property
    def next_position(self) -> float | None:
        """What of the recording the next frame will be; None while nothing plays."""
        if self._tape is None:
            return None
        return self._tape.position(max(0, self.frames - self._tape_start))

    @property
    def end(self) -> float:
        """The frame after the recording's last one; infinite in a loop or while nothing plays."""
        return math.inf if self._tape is None else self._tape_start + self._tape.length

    def _left(self) -> float:
        return self.end - self.frames

    # Within.

    def _fade_out(self) -> None:
        """Keeps a last bit of what has been playing, to fade it out over what comes."""
        if self._tape is not None:
            count = round(_FADE_S * self._rate)
            self._add_fading(self._tape.read(count) * np.float32(self.gains[0]))

    def _add_fading(self, rest: Sound) -> None:
        """Fades out these samples, and what was fading already."""
        if len(self._fading) > len(rest):
            rest = np.pad(rest, (0, len(self._fading) - len(rest)))
        rest[: len(self._fading)] += self._fading
        self._fading = rest * np.linspace(1, 0, len(rest), dtype=np.float32)

    def _cross_fade(self, out: Sound) -> None:
        count = min(len(out), len(self._fading))
        if self._tape is not None:
            whole = round(_FADE_S * self._rate)
            rise = 1 - (len(self._fading) - np.arange(count, dtype=np.float32)) / whole
            out[:count] *= np.clip(rise, 0, 1)
        out[:count] += self._fading[:count]
        self._fading = self._fading[count:]

    def _strike_due(self, tape: TimeStretcher, done: int, count: int) -> None:
        """Strikes the notes and clicks that begin in the next frames, from one to another."""
        has_notes = any(gain for gain in (self.gains[1], self._gains_before[1]))
        if not (has_notes or self.clicks.is_on):
            return
        given = self.frames - self._tape_start
        while done < count:
            part = int(min(count - done, tape.until_turn(given + done)))
            turns = part == tape.until_turn(given + done)
            first = tape.position(given + done)
            last = first + part * tape.speed
            if turns and tape.loop is not None:
                last = min(last, tape.loop[1])
            span_s = first / self._rate, last / self._rate
            for at_s, is_first in self.clicks.between(*span_s):
                wait = done + int((at_s * self._rate - first) / tape.speed)
                self._clicking.strike(is_first, wait)
            for note in self.score.beginning(*span_s) if has_notes else ():
                wait = done + int((note.onset_s * self._rate - first) / tape.speed)
                self._strike(note, tape.speed, wait=wait)
            done += part
            if turns and tape.loop is not None:
                self._notes.release(done)
                self._strike_sounding(tape.position(given + done), done)

    def _strike_sounding(self, position: float, wait: int) -> None:
        """Strikes the notes in whose middle playing begins."""
        if self._tape is None or not self.gains[1]:
            return
        for note in self.score.sounding(position / self._rate):
            begun = int((position - note.onset_s * self._rate) / self._tape.speed)
            self._strike(note, self._tape.speed, wait=wait, begun=begun)

    def _strike(self, note: SoundingNote, speed: float, *, wait: int, begun: int = 0) -> None:
        held = (note.offset_s - note.onset_s) * self._rate / speed - begun
        self._notes.strike(note.pitch, note.velocity, max(1.0, held), wait=wait, begun=begun)


def _ramp(first: float, last: float, count: int) -> Sound | np.float32:
    """A gain for every frame of a block, without a step."""
    return np.float32(last) if first == last else np.linspace(first, last, count, dtype=np.float32)
