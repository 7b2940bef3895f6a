"""Notes as a standard MIDI file, in seconds or in beats."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import mido

from app.exports.export_options import ExportOptions
from app.exports.midi_bends import TickNote, bends, on_channels
from app.exports.sustain_pedal import PedalSpan, pedalled
from app.midi.midi_file_markers import CHORD_FOLLOWS
from app.midi.pitch_bend import (
    CHANNEL_RANGE,
    COARSE_TUNING,
    FINE_TUNING,
    HAND_ZONES,
    MPE_RANGE,
    RANGE,
    WHOLE_ZONE,
    Zone,
    no_parameter,
    registered,
)
from app.music.key_finding import Key, estimate_key
from app.music.note_naming import plain
from app.music.quantise import quantise
from app.music.rhythm import Meter, Rhythm
from app.system.atomic_write import written_beside
from app.system.progress import GoOn, to_the_end
from model.notes import Note
from model.pitch import STANDARD_A4

# Ticks of a quarter note, the finest that fits: at 120 quarter notes a minute one of 1920 is
# 0.26 ms. All are divided by triplets.
_RESOLUTIONS = (1920, 960, 480)
# Readers take a file with more ticks for a damaged one (pretty_midi from ten million on).
_MOST_TICKS = 9_900_000
# How loud every note is when loudness does not count.
PLAIN_VELOCITY = 80
_SUSTAIN = 64

# Tick, order among the messages of one tick, message.
_Timed = tuple[int, int, mido.Message]


def write_midi(
    notes: Sequence[Note], path: Path, options: ExportOptions, go_on: GoOn = to_the_end
) -> None:
    """Writes one track, or with `split` one for each hand after one that holds the tempo.

    Tick 0 is second 0. Times are kept within 0.6 ms, on a tempo of 120 or one that follows the
    rhythm's beats; with a grid, the notes lie on it in these beats. Velocities are as heard. Notes
    of one pitch never overlap in MIDI: the earlier one ends where the next begins, and of those
    that begin together the longest stays. With another `a4` than 440 Hz the file tunes its
    channels, so that it plays at the pitch that was heard.

    With `bends` of "channel" the pitch curves are bends of the one channel, 2 semitones either way;
    notes that overlap are all bent as the one that began last. With "mpe" every note is on a
    channel of its own in a zone of 15, or for each of two hands one of 7; see
    `app.midi.pitch_bend`.

    Raises:
        WriteError: the file cannot be written.
    """
    rhythm = options.rhythm or Rhythm.steady()
    end_s = max((note.offset_s for note in notes), default=0.0)
    tempo = _TempoMap(rhythm, _resolution(rhythm, end_s))
    if options.split is None:
        hands = [(options.title or "Noteglow", list(notes))]
    else:
        hands = [
            ("Right hand", [note for note in notes if note.pitch >= options.split]),
            ("Left hand", [note for note in notes if note.pitch < options.split]),
        ]
    conductor = list(_conductor(notes, options, tempo))
    tracks = []
    for channel, (name, played) in enumerate(hands):
        zone = HAND_ZONES[channel] if len(hands) > 1 else WHOLE_ZONE
        if options.bends != "mpe":
            zone = Zone(channel, 0)
        timed = list(_hand(played, options, rhythm, tempo, zone))
        if options.split is None:
            timed = conductor + timed
        tracks.append(_track(name, timed))
    if options.split is not None:
        tracks.insert(0, _track(options.title or "Noteglow", conductor))
    midi = mido.MidiFile(
        type=0 if len(tracks) == 1 else 1, ticks_per_beat=tempo.resolution, tracks=tracks,
        charset="utf-8",
    )
    with written_beside(path, go_on) as beside:
        midi.save(beside)


class _TempoMap:
    """Ticks and seconds as a reader of the file will count them.

    Attributes:
        resolution: ticks of a quarter note.
        changes: tick, and the tempo from there on in whole microseconds for a quarter note.
    """

    def __init__(self, rhythm: Rhythm, resolution: int) -> None:
        self.resolution = resolution
        self._rhythm = rhythm
        self.changes: list[tuple[int, int]] = []
        # Each tempo makes up for the rounding of the one before, so that nothing adds up.
        now_s = 0.0
        self._starts_s, self._tempos, self._ticks = [], [], []
        for beat in range(len(rhythm.beats_s)):
            begin, step = rhythm.quarters_of_step(beat)
            beat_quarters, tick = float(step), int(begin * resolution)
            next_s = rhythm.beats_s[beat] + rhythm.interval_s(beat)
            tempo = max(1, round((next_s - now_s) * 1e6 / beat_quarters))
            self._starts_s.append(now_s)
            self._tempos.append(tempo)
            if not self.changes or self.changes[-1][1] != tempo:
                self.changes.append((tick, tempo))
            self._ticks.append(tick)
            now_s += tempo * beat_quarters / 1e6

    def tick(self, seconds: float) -> int:
        """The tick nearest to a moment."""
        seconds = max(0.0, seconds)
        # The file's beats lie within a microsecond of the rhythm's.
        beat = min(self._rhythm.step_at(seconds), len(self._tempos) - 1)
        within_s = seconds - self._starts_s[beat]
        ticks = within_s * 1e6 / self._tempos[beat] * self.resolution
        return max(0, self._ticks[beat] + round(ticks))


def _resolution(rhythm: Rhythm, end_s: float) -> int:
    """The finest resolution that keeps a piece of this length below the most ticks."""
    # Beats after the last note have their tempo as well.
    quarters = max(rhythm.quarters_at(end_s), rhythm.quarters_at(rhythm.beats_s[-1]))
    fitting = (ticks for ticks in _RESOLUTIONS if quarters * ticks < _MOST_TICKS)
    return next(fitting, _RESOLUTIONS[-1])


def _track(name: str, timed: Iterable[_Timed]) -> mido.MidiTrack:
    track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
    now = 0
    for tick, _, message in sorted(timed, key=lambda item: item[:2]):
        track.append(message.copy(time=tick - now))
        now = tick
    track.append(mido.MetaMessage("end_of_track"))
    return track


def _conductor(
    notes: Sequence[Note], options: ExportOptions, tempo: _TempoMap
) -> Iterator[_Timed]:
    """Tempo, sections, chords, and what is known of bars and key when there is a rhythm."""
    for tick, microseconds in tempo.changes:
        yield tick, 0, mido.MetaMessage("set_tempo", tempo=microseconds)
    for marker in options.markers:
        # Before the chord that begins with it.
        yield tempo.tick(marker.time_s), 0, mido.MetaMessage("marker", text=marker.name)
    for span in options.chords:
        name = plain(span.name(options.naming))
        tick = tempo.tick(span.start_s)
        yield tick, 0, mido.MetaMessage("sequencer_specific", data=CHORD_FOLLOWS)
        yield tick, 0, mido.MetaMessage("marker", text=name)
    if options.rhythm is not None:
        before = None
        for bar in options.rhythm.bars(options.rhythm.last_change):
            meter = bar.meter
            if bar.length < meter.bar_quarters:
                meter = Meter(int(bar.length * meter.denominator / 4), meter.denominator)
            if meter != before:
                yield int(bar.begin * tempo.resolution), 0, _time_signature(meter)
            before = meter
    if options.rhythm is not None or options.key is not None:
        key: Key = options.key or estimate_key(notes)
        yield 0, 0, mido.MetaMessage("key_signature", key=key.name)


def _time_signature(meter: Meter) -> mido.MetaMessage:
    return mido.MetaMessage(
        "time_signature", numerator=meter.numerator, denominator=meter.denominator,
        clocks_per_click=int(24 * meter.beat_quarters),
    )


def _hand(
    notes: Sequence[Note], options: ExportOptions, rhythm: Rhythm, tempo: _TempoMap, zone: Zone
) -> Iterator[_Timed]:
    """Tuning, notes, bends and pedal, on the members of a zone or on its one channel."""
    channels = zone.members or (zone.master,)
    for channel, control, value in (
        *zone.announced(),
        *((channel, *setting) for channel in channels for setting in _tuning(options.a4)),
        *((zone.master, *setting) for setting in _bend_range(options)),
    ):
        yield 0, 1, mido.Message(
            "control_change", control=control, value=value, channel=channel
        )
    spans: Sequence[PedalSpan] = ()
    if options.grid is not None:
        notes = [
            Note(
                rhythm.seconds_at(float(placed.onset)), rhythm.seconds_at(float(placed.offset)),
                placed.pitch, placed.velocity, cents=placed.cents,
            )
            for placed in quantise(notes, rhythm, options.grid)
        ]
    if options.pedal:
        notes, spans = pedalled(notes)
    for span in spans:
        for seconds, value in ((span.down_s, 127), (span.up_s, 0)):
            # Up before the next key is struck, or it would hold that one too.
            yield tempo.tick(seconds), 2, mido.Message(
                "control_change", control=_SUSTAIN, value=value, channel=zone.master
            )
    in_ticks = list(_tick_notes(notes, tempo))
    placed_on = on_channels(in_ticks, zone) if zone.members else {zone.master: in_ticks}
    reach = MPE_RANGE if zone.members else CHANNEL_RANGE
    for channel, played in placed_on.items():
        for note in played:
            velocity = note.velocity if options.velocity else PLAIN_VELOCITY
            yield note.start, 5, mido.Message(
                "note_on", note=note.pitch, velocity=velocity, channel=channel
            )
            # At equal ticks, ends come before beginnings, and bends in between.
            yield note.end, 3, mido.Message(
                "note_off", note=note.pitch, velocity=0, channel=channel
            )
        if options.bends != "off":
            for tick, bend in bends(played, reach, tempo.tick):
                yield tick, 4, mido.Message("pitchwheel", pitch=bend, channel=channel)


def _tick_notes(notes: Sequence[Note], tempo: _TempoMap) -> Iterator[TickNote]:
    """The notes in ticks, without overlaps in a pitch."""

    def pitch_of(note: Note) -> int:
        return note.pitch

    for pitch, group in itertools.groupby(sorted(notes, key=pitch_of), pitch_of):
        # The longest of those that begin at one tick comes last, and takes the others' place.
        begun: dict[int, tuple[int, Note]] = {}
        for start, end, note in sorted(
            ((tempo.tick(note.onset_s), tempo.tick(note.offset_s), note) for note in group),
            key=lambda timed: (*timed[:2], timed[2].velocity),
        ):
            begun[start] = (max(end, start + 1), note)
        starts = [*begun, math.inf]
        for (start, (end, note)), following in zip(begun.items(), starts[1:], strict=True):
            velocity = min(max(note.velocity, 1), 127)
            yield TickNote(start, int(min(end, following)), pitch, velocity, note)


def _bend_range(options: ExportOptions) -> Iterator[tuple[int, int]]:
    """What says how far the bends of one channel reach; a zone says it for itself."""
    if options.bends == "channel":
        yield from registered(RANGE, CHANNEL_RANGE)
        yield from no_parameter()


def _tuning(a4: float) -> Iterator[tuple[int, int]]:
    """The controllers, with their values, that tune a channel."""
    if a4 == STANDARD_A4:
        return
    semitones = 12 * math.log2(a4 / STANDARD_A4)
    coarse = round(semitones)
    fine = min(round((semitones - coarse + 1) * 8192), 16383)
    yield from registered(COARSE_TUNING, 64 + coarse)
    yield from registered(FINE_TUNING, fine >> 7, fine & 127)
    yield from no_parameter()
