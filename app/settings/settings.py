"""What the program remembers from one start to the next."""

from __future__ import annotations

import dataclasses
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeVar, overload

from PySide6.QtCore import QByteArray, QSettings

from app.audio.devices.input_choice import InputChoice
from app.midi.pitch_bend import Bends
from app.music.fretting import FRETTED, FrettedInstrument
from app.music.note_naming import NoteNaming
from app.music.rhythm import METERS
from app.settings import setting_types as values
from app.takes.flac_wav_writer import CONTAINERS

THEMES = ("dark", "light", "system")
MOST_RECENT_FILES = 8
PANELS = ("", "input", "display")
# What is shown of a recording; how its score is written; how large that is on the screen.
STAGE_PARTS = ("roll", "both", "score")
SCORE_STAVES = ("", "two", "one", *FRETTED)
SCORE_ZOOM = (0.5, 3.0)
SCORE_SHARE = (5, 95)
# What a hand may set: louder in dB, the gate's threshold in dB of full scale.
GAIN_DB = (-20.0, 40.0)
GATE_DB = (-80.0, -20.0)
MIDI_CHANNELS = (1, 16)
CLICK_BPM = (30.0, 300.0)
# What is played live is kept no longer, and no more of it: 30 days, a terabyte.
MOST_KEPT_HOURS, MOST_KEPT_GB = 720, 1000

_log = logging.getLogger(__name__)
Value = TypeVar("Value")


class _Stored(Generic[Value]):
    """A setting as an attribute of `Settings`, checked whenever it is read."""

    def __init__(
        self,
        check: Callable[[Any], Value],
        default: Value,
        pack: Callable[[Value], object] = lambda value: value,
    ) -> None:
        """Args: `check` makes the value of what is stored, or raises ValueError; `pack` does the
        opposite, where Qt cannot store the value as it is."""
        self._check, self._default, self._pack = check, default, pack
        self._key = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self._key = name

    @overload
    def __get__(self, settings: None, owner: type) -> _Stored[Value]: ...
    @overload
    def __get__(self, settings: Settings, owner: type) -> Value: ...
    def __get__(self, settings: Settings | None, owner: type) -> Value | _Stored[Value]:
        if settings is None:
            return self
        return settings.read(self._key, self._check, self._default)

    def __set__(self, settings: Settings, value: Value) -> None:
        settings.write(self._key, self._pack(value))


class Settings:
    """Typed access to the stored settings. A value that makes no sense is dropped with a warning.

    Several programs may run at once: each setting is that of whoever wrote it last.

    Attributes:
        theme: one of `THEMES`.
        geometry: place and size of the window, as Qt packs them; None when it was never open.
        panel: the one of `PANELS` that is open beside the stage.
        last_folder: the folder of the file opened or written last.
        follow: whether the view follows the cursor while a recording plays.
        input: which sound input is listened to.
        gain_db: how much louder its sound is made, within `GAIN_DB`.
        gate_on, gate_db: whether quiet sound is taken for silence, and below what (`GATE_DB`).
        naming: how notes are called.
        only_names: whether twelve names without octaves are shown.
        detail: whether Hz and cents of single notes are shown.
        metronome, count_in: whether beats are clicked, and a bar of them before the music.
        click_level: how loud, in per cent.
        click_bpm, click_meter: the beats that are clicked while one plays live.
        unsure: whether notes that were nearly taken for notes are shown.
        pitch_lines: whether the pitch curves of notes are shown.
        bars: whether beats and bars of a recording are shown.
        chords: whether the row of chords is shown.
        instrument: the name of a preset.
        monophonic: whether one note sounds at a time.
        midi_on: whether notes are sent as MIDI while they are played.
        midi_port: to which port; empty for a new one that other programs connect to.
        midi_channel: on which channel, within `MIDI_CHANNELS`.
        midi_bends: how they follow the pitch, one of `BENDS` (`app.midi.pitch_bend`).
        takes_folder: where takes are recorded; None for the folder that is usual.
        keep_hours: for how long what is played live is kept without being asked for; 0 for not at
            all.
        keep_gb: how many gigabytes of it.
        practice: how a piece was practised last, as its values by name; see `PracticeWay`.
        practice_delays: how late what is played with the sound is heard, in ms, by input device.
        take_suffix: the format of takes, one of `app.take_audio.CONTAINERS`.
        stage_parts: the one of `STAGE_PARTS` that is shown of a recording.
        score_staves: the one of `SCORE_STAVES` that scores have; empty for as many as they need.
        score_part: the name of the instrument whose part is written; empty for concert pitch.
        score_zoom: how large staves are on the screen, within `SCORE_ZOOM`.
        score_share: how much of the height it has below the roll, in per cent (`SCORE_SHARE`).
        fretboard: the name of the fretted instrument whose neck is shown; empty for none.
        fretted: by name the instruments of `FRETTED` that are tuned otherwise.
    """

    theme = _Stored(values.one_of(THEMES), "dark")
    geometry = _Stored[QByteArray | None](values.packed, None)
    panel = _Stored(values.one_of(PANELS), "")
    last_folder = _Stored(values.folder, Path.home(), str)
    follow = _Stored(values.truth, True)
    input = _Stored(
        values.json_of(InputChoice.from_json), InputChoice(),
        lambda choice: json.dumps(choice.as_json()),
    )
    gain_db = _Stored(values.number(*GAIN_DB), 0.0)
    gate_on = _Stored(values.truth, False)
    gate_db = _Stored(values.number(*GATE_DB), -55.0)
    naming = _Stored(
        values.json_of(values.naming), NoteNaming(accidentals="key", key=None),
        lambda naming: json.dumps(dataclasses.asdict(naming)),
    )
    only_names = _Stored(values.truth, False)
    detail = _Stored(values.truth, True)
    unsure = _Stored(values.truth, True)
    pitch_lines = _Stored(values.truth, False)
    bars = _Stored(values.truth, True)
    metronome = _Stored(values.truth, False)
    count_in = _Stored(values.truth, False)
    click_level = _Stored(values.whole(0, 100), 50)
    click_bpm = _Stored(values.number(*CLICK_BPM), 120.0)
    click_meter = _Stored(values.one_of([str(meter) for meter in METERS]), "4/4")
    chords = _Stored(values.truth, True)
    instrument = _Stored(values.text, "")
    monophonic = _Stored(values.truth, False)
    midi_on = _Stored(values.truth, False)
    midi_port = _Stored(values.text, "")
    midi_channel = _Stored(values.whole(*MIDI_CHANNELS), 1)
    midi_bends = _Stored[Bends](values.bends, "off")
    takes_folder = _Stored[Path | None](
        values.path, None, lambda folder: "" if folder is None else str(folder)
    )
    keep_hours = _Stored(values.whole(0, MOST_KEPT_HOURS), 24)
    keep_gb = _Stored(values.whole(1, MOST_KEPT_GB), 4)
    practice = _Stored[object](values.json_of(lambda stored: stored), None, json.dumps)
    practice_delays = _Stored(
        values.json_of(values.delays), dict[str, float](), lambda delays: json.dumps(delays)
    )
    take_suffix = _Stored(values.one_of(tuple(CONTAINERS)), ".flac")
    stage_parts = _Stored(values.one_of(STAGE_PARTS), "roll")
    score_staves = _Stored(values.one_of(SCORE_STAVES), "")
    score_part = _Stored(values.text, "")
    score_zoom = _Stored(values.number(*SCORE_ZOOM), 1.2)
    score_share = _Stored(values.whole(*SCORE_SHARE), 45)
    fretboard = _Stored(values.one_of(("", *FRETTED)), "")
    fretted = _Stored[dict[str, FrettedInstrument]](
        values.json_of(values.fretted), {},
        lambda fretted: json.dumps({
            name: [*instrument.strings, instrument.capo] for name, instrument in fretted.items()
        }),
    )

    def __init__(self, store: QSettings | None = None) -> None:
        """Args: `store` is where they are kept; the user's own settings of Noteglow by default."""
        self._store = store or QSettings("Noteglow", "Noteglow")
        if self._store.status() != QSettings.Status.NoError:
            _log.warning("%s: the settings cannot be read, so Noteglow starts with its own",
                         self._store.fileName())

    def sync(self) -> None:
        """Brings to the disk what was set; otherwise the event loop does so a little later."""
        self._store.sync()

    @property
    def problem(self) -> str | None:
        """Why what is set is forgotten at the end, as half a sentence; None where it is kept."""
        if self._store.isWritable():
            return None
        return f"{self._store.fileName()}: it cannot be written"

    @property
    def recent_files(self) -> list[Path]:
        """Recordings opened before, the newest first; they need not be there any more."""
        nothing: list[Path] = []
        return self.read("recent_files", values.paths, nothing)[:MOST_RECENT_FILES]

    @property
    def folders(self) -> set[Path]:
        """Where files were opened and written lately."""
        return {path.parent for path in self.recent_files} | {self.last_folder}

    def add_recent_file(self, path: Path) -> None:
        """Puts a recording first among the recent ones."""
        path = path.absolute()
        others = [other for other in self.recent_files if other != path]
        files = [path, *others][:MOST_RECENT_FILES]
        self.write("recent_files", [str(file) for file in files])

    def clear_recent_files(self) -> None:
        self._store.remove("recent_files")

    def read(self, key: str, check: Callable[[Any], Value], default: Value) -> Value:
        """What is stored under `key`, as `check` makes it; dropped where it raises ValueError."""
        stored = self._store.value(key)
        if stored is None:
            return default
        try:
            return check(stored)
        except ValueError as error:
            _log.warning("the setting %r is dropped: %s", key, error)
            self._store.remove(key)
            return default

    def write(self, key: str, value: object) -> None:
        """Stores a value that Qt can store under `key`."""
        self._store.setValue(key, value)
