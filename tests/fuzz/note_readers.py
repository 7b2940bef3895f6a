"""Readers of notes: MIDI files, projects, takes, tables, JSON."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import mido
import numpy as np
import soundfile

from app.midi.midi_file_reader import MidiContent, MidiFileError, read_midi_file
from app.music.chords.chord_finding import ChordSpan
from app.music.chords.chord_names import Chord
from app.music.key_finding import Key
from app.music.sections import Marker
from app.practice.musicxml_reader import read_musicxml_here
from app.practice.piece import PieceError
from app.song import project_file
from app.song.annotations import Annotations
from app.song.audio_reference import AudioNotFoundError, AudioReference, find
from app.song.project_file import Project, ProjectError
from app.system.atomic_write import WriteError
from app.takes.event_lines import Mark, event_json, mark_json
from app.takes.take_paths import TakeError, notes_path
from app.takes.take_recovery import read_marks, read_notes, recover
from model.config import DecoderConfig
from model.notes import Note, NoteOff, NoteOn
from tests.fuzz.readers import Reader, all_of
from tests.training.tiny_corpora import options
from training.corpora import guitarset, label_files, maestro, maps, musicnet
from training.corpora.midi import read_notes as read_corpus_midi
from training.corpora.recording import CorpusError

RATE = 8_000
_OPTIONS = options()


def _midi(folder: Path) -> list[bytes]:
    rich = mido.MidiFile(type=1, ticks_per_beat=480)
    rich.tracks.append(mido.MidiTrack([
        mido.MetaMessage("track_name", name="Zürich"), mido.MetaMessage("set_tempo", tempo=400_000),
        mido.MetaMessage("time_signature", numerator=6, denominator=8),
        mido.MetaMessage("key_signature", key="F#m"),
        mido.MetaMessage("set_tempo", tempo=600_000, time=960),
        mido.MetaMessage("smpte_offset"), mido.MetaMessage("sequence_number", number=1),
    ]))  # fmt: skip
    rich.tracks.append(mido.MidiTrack([
        mido.Message("program_change", program=3),
        mido.Message("control_change", control=64, value=99),
        mido.Message("note_on", note=60, velocity=70),
        mido.Message("pitchwheel", pitch=99, time=10),
        mido.Message("note_on", note=60, velocity=70, time=100),
        mido.Message("note_off", note=60, time=200), mido.Message("sysex", data=(1, 2, 3)),
        mido.Message("note_on", note=60, velocity=0, time=300),
        mido.Message("control_change", control=64, value=0),
    ]))  # fmt: skip
    plain = mido.MidiFile(type=0)
    plain.tracks.append(mido.MidiTrack([
        message for pitch in range(40, 60)
        for message in (mido.Message("note_on", note=pitch, time=10),
                        mido.Message("note_off", note=pitch, time=90))
    ]))  # fmt: skip
    for number, file in enumerate((rich, plain)):
        file.save(folder / f"{number}.mid")
    return [path.read_bytes() for path in sorted(folder.glob("*.mid"))]


def _read_midi(path: Path) -> None:
    all_of(
        lambda: _with_beats(read_midi_file(path)),
        lambda: read_corpus_midi(path, sustain_pedal=True),
        refusals=(MidiFileError, CorpusError),
    )


def _with_beats(content: MidiContent) -> None:
    if content.beats is not None:
        content.beats.rhythm()


def _projects(folder: Path) -> list[bytes]:
    sound = folder / "sound.wav"
    soundfile.write(sound, np.zeros(400), RATE)
    notes = tuple(
        Note(0.5 * i, 0.5 * i + 0.4, 60 + i, 70, 0.9, (1.5, -2.0)[:i]) for i in range(4)
    )
    project = Project(
        AudioReference(sound, 844, "0" * 64), DecoderConfig(reliability=((0.1, 0.2), (0.8, 0.9))),
        notes, ((notes[0], (notes[1],)),), (notes[2],), {"a4": 442.0, "names": "key"},
        {"time_s": [0.0, 4.0], "speed": 80, "loops": True},
        AudioReference(sound, 9, "1" * 64), 442.5,
        Annotations(
            markers=(Marker(0.0, "Intro"), Marker(1.5, "Ä")),
            chords=(ChordSpan(0.0, 1.0, Chord(0, "m7♭5", 3)), ChordSpan(1.0, 2.0, None)),
            key=Key(-3, is_minor=True),
        ),
    )  # fmt: skip
    project_file.save(project, folder / "a.noteglow")
    return [(folder / "a.noteglow").read_bytes()]


def _read_project(path: Path) -> None:
    project = project_file.load(path)
    project_file.save(project, path.with_name("again.noteglow"))
    find(project.audio, path)


def _takes(folder: Path) -> list[bytes]:
    events = (
        NoteOn(60, 70, 0.1, 0.15, 0.8), NoteOn(64, 71, 0.2, 0.25, 0.7),
        NoteOff(60, 70, 0.1, 0.3, 0.35, 0.8, (1.5, -3.0, 2.0)),
        NoteOff(64, 71, 0.2, 0.5, 0.55, 0.7),
    )  # fmt: skip
    lines = [*map(event_json, events), mark_json(Mark(0.4))]
    return ["".join(f"{line}\n" for line in lines).encode()]


def _read_take(path: Path) -> None:
    sound = path.with_name("take.unfinished.wav")
    shutil.copyfile(path, notes_path(sound))
    soundfile.write(sound, np.zeros(RATE), RATE)
    finished = recover(sound)
    # What was recovered is whole.
    read_notes(finished)
    read_marks(finished)
    finished.unlink()
    shutil.copyfile(path, notes_path(finished))
    read_notes(finished)


_TABLE = (
    "start_s,end_s,midi_pitch,velocity\n0.1,0.5,60,70\n0.25,1,64.0,\n\n0.5,2.5,67.5,0.25\n"
)
_MAESTRO = (
    "canonical_composer,canonical_title,split,year,midi_filename,audio_filename,duration\n"
    'Bach,"Fuge, C",train,2004,2004/a.midi,2004/a.wav,12.5\n'
    "Liszt,Etude,test,2006,2006/b.midi,2006/b.wav,3\n"
)
_MUSICNET = (
    "start_time,end_time,instrument,note,start_beat,end_beat,note_value\n"
    "9182,30078,43,53,4.0,1.5,Dotted Quarter\n9182,20678,42,65,4.0,0.5,Eighth\n"
)
_MAPS = "OnsetTime\tOffsetTime\tMidiPitch\n0.1\t0.5\t60\n0.25\t1.0\t64\n"


def _tables(folder: Path) -> list[bytes]:
    tables = (_TABLE, _TABLE.replace(",", "\t"), _MAESTRO, _MUSICNET, _MAPS)
    return [table.encode() for table in tables]


def _sound(path: Path) -> None:
    """A short sound, written once."""
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, np.zeros(800), RATE)


def _read_table(path: Path) -> None:
    base = path.parent / "corpora"
    labels = {
        "maestro": base / "maestro/maestro-v3.0.0.csv",
        "musicnet": base / "musicnet/train_labels/1.csv",
        "maps": base / "maps/ENSTDkCl/MUS/MAPS_MUS-a_ENSTDkCl.txt",
    }
    _sound(base / "musicnet/train_data/1.wav")
    _sound(labels["maps"].with_suffix(".wav"))
    for place in labels.values():
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)
    all_of(
        lambda: label_files.read(path),
        lambda: maestro.recordings(base / "maestro", "train", _OPTIONS),
        lambda: [r.load(RATE) for r in musicnet.recordings(base / "musicnet", "train", _OPTIONS)],
        lambda: [r.load(RATE) for r in maps.recordings(base / "maps", "test", _OPTIONS)],
        refusals=(CorpusError,),
    )


_SCORE = """<?xml version="1.0"?>
<score-partwise version="3.1">
<part-list><score-part id="P1"><part-name>Piano</part-name></score-part></part-list>
<part id="P1"><measure number="0" implicit="yes"><attributes><divisions>2</divisions>
<time><beats>3</beats><beat-type>4</beat-type></time><staves>2</staves></attributes>
<direction><sound tempo="90"/></direction>
<note><pitch><step>G</step><octave>4</octave></pitch><duration>2</duration><staff>1</staff></note>
</measure><measure number="1">
<note><pitch><step>C</step><alter>1</alter><octave>5</octave></pitch><duration>4</duration>
<tie type="start"/><staff>1</staff></note>
<note><chord/><pitch><step>E</step><octave>5</octave></pitch><duration>4</duration>
<staff>1</staff></note>
<backup><duration>4</duration></backup><note><rest/><duration>6</duration><staff>2</staff></note>
<barline location="right"><repeat direction="backward" times="2"/></barline></measure></part>
</score-partwise>
"""


def _scores(folder: Path) -> list[bytes]:
    packed = folder / "score.mxl"
    with zipfile.ZipFile(packed, "w") as archive:
        container = '<container><rootfiles><rootfile full-path="s.xml"/></rootfiles></container>'
        archive.writestr("META-INF/container.xml", container)
        archive.writestr("s.xml", _SCORE)
    return [_SCORE.encode(), packed.read_bytes()]


def _read_score(path: Path) -> None:
    piece = read_musicxml_here(path)
    piece.chords()
    piece.clicks(-2.0, min(piece.end_s, 60.0))


_JAMS = """{"annotations": [{"namespace": "note_midi", "data": [
{"time": 0.1, "duration": 0.4, "value": 60.02, "confidence": null},
{"time": 0.5, "duration": 0.5, "value": 64.0, "confidence": null}]},
{"namespace": "pitch_contour", "data": {"time": [0.1], "duration": [0.0], "value": [440.0]}},
{"namespace": "note_hz", "data": {"time": [0.1], "duration": [0.2], "value": [440.0]}}],
"file_metadata": {"title": "a", "duration": 1.0}}"""
_MAESTRO_JSON = """{"canonical_composer": {"0": "Bach"}, "canonical_title": {"0": "Fuge"},
"split": {"0": "train"}, "midi_filename": {"0": "a.midi"}, "audio_filename": {"0": "a.wav"}}"""


def _json(folder: Path) -> list[bytes]:
    return [_JAMS.encode(), _MAESTRO_JSON.encode()]


def _read_json(path: Path) -> None:
    base = path.parent / "corpora"
    jams = base / "guitarset/annotation/00_a_comp.jams"
    _sound(base / "guitarset/audio_mono-mic/00_a_comp_mic.wav")
    as_json = base / "maestro/maestro-v3.0.0.json"
    for place in (jams, as_json):
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)
    all_of(
        lambda: label_files.read(jams),
        lambda: [r.load(RATE) for r in guitarset.recordings(base / "guitarset", "train", _OPTIONS)],
        lambda: maestro.recordings(base / "maestro", "train", _OPTIONS),
        refusals=(CorpusError,),
    )


NOTE_READERS = (
    Reader("midi", ".mid", _midi, _read_midi, (MidiFileError, CorpusError)),
    Reader("project", ".noteglow", _projects, _read_project, (ProjectError, AudioNotFoundError),
           is_text=True),
    Reader("take", ".jsonl", _takes, _read_take, (TakeError, WriteError), is_text=True),
    Reader("csv", ".csv", _tables, _read_table, (CorpusError,), is_text=True),
    Reader("json", ".jams", _json, _read_json, (CorpusError,), is_text=True),
    Reader("musicxml", ".musicxml", _scores, _read_score, (PieceError,), is_text=True),
)  # fmt: skip
