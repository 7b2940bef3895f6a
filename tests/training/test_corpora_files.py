"""What a recording is, sound files, MIDI files, folders of both, and variations."""

from __future__ import annotations

import io
import json
from fractions import Fraction
from functools import partial
from multiprocessing.reduction import ForkingPickler
from pathlib import Path

import av
import mido
import numpy as np
import pytest
import soundfile

from model.notes import Note
from tests.training.tiny_corpora import RATE, begins_s, cents_off, melody, options, tone, write_midi
from training import corpora
from training.corpora import audio, folder, midi
from training.corpora.recording import CorpusError, Labelled, Recording
from training.corpora.recording_variation import varied
from training.options import CORPORA
from training.rendering import room_and_noise

NOTES = [Note(0.5, 1.0, 60, 80), Note(1.0, 1.4, 64, 90)]


def _given(samples: object, notes: object, sample_rate: int) -> Labelled:
    return Labelled(np.asarray(samples, np.float32), list(notes))  # type: ignore[call-overload]


def _recording(samples: object, notes: object) -> Recording:
    return Recording("disc", "7", "train", "CC0", (samples, notes), _given)


# ---- a recording ----


def test_a_recording_travels_to_other_processes_and_its_text_is_the_same_there(
    tmp_path: Path,
) -> None:
    soundfile.write(tmp_path / "a.wav", tone(60, 0.2), RATE)
    write_midi(tmp_path / "a.mid", [(0, "on", 60, 80), (0.1, "off", 60, 0)])
    found = corpora.find([("folder", tmp_path)], "train", options("--variations", "1"))
    assert [recording.name for recording in found] == ["a", "a~0"]
    for recording in found:
        back = ForkingPickler.loads(ForkingPickler.dumps(recording))
        assert back == recording
        assert repr(back) == repr(recording)
        assert " at 0x" not in repr(recording)
        assert str(tmp_path / "a.wav") in repr(recording)


def test_notes_come_in_order_and_those_after_the_sound_are_left_out() -> None:
    late = Note(3.0, 3.5, 50)
    loaded = _recording(np.zeros(2000), [late, *reversed(NOTES)]).load(1000)
    assert loaded.notes == NOTES


@pytest.mark.parametrize(
    ("samples", "notes", "words"),
    [
        ([], [], "no sound"),
        ([0.0, np.nan], [], "not numbers"),
        (np.zeros(2000), [Note(1.0, 0.5, 60)], "makes no sense"),
        (np.zeros(2000), [Note(0.0, np.nan, 60)], "makes no sense"),
        (np.zeros(2000), [Note(0.0, 0.5, 130)], "makes no sense"),
        (np.zeros(2000), [*NOTES, Note(3.0, 4.0, 60), Note(4.0, 5.0, 60)], "cut short"),
    ],
)
def test_a_damaged_recording_says_its_name(samples: object, notes: object, words: str) -> None:
    with pytest.raises(CorpusError, match=f"disc/7.*{words}"):
        _recording(samples, notes).load(1000)


@pytest.mark.parametrize("kind", CORPORA)
def test_every_kind_of_corpus_is_read_and_says_what_is_missing(kind: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=str(tmp_path)):
        corpora.find([(kind, tmp_path / "nothing")], "train", options())


# ---- sound files ----


@pytest.mark.parametrize("rate", [16_000, 22_050, 44_100, 48_000])
def test_audio_keeps_its_onsets_and_pitch_at_any_rate(tmp_path: Path, rate: int) -> None:
    stereo = np.stack([melody([(0.5, 1.0, 69)], 1.2), np.zeros(round(1.2 * RATE))], axis=1)
    soundfile.write(tmp_path / "a.flac", stereo, RATE)
    samples = audio.read(tmp_path / "a.flac", rate)
    assert samples.dtype == np.float32
    assert len(samples) == pytest.approx(1.2 * rate, abs=2)
    assert begins_s(samples, 69, rate) == pytest.approx(0.5, abs=0.004)
    assert abs(cents_off(samples, 69, 0.6, 0.9, rate)) < 1


def test_audio_that_is_no_audio_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "bad.wav").write_bytes(b"RIFF and nothing else")
    for path in (tmp_path / "bad.wav", tmp_path / "missing.wav"):
        with pytest.raises(CorpusError, match=path.name):
            audio.read(path, 22_050)


# ---- MIDI files ----


def test_the_sustain_pedal_extends_notes_only_when_it_is_asked_for(tmp_path: Path) -> None:
    path = write_midi(
        tmp_path / "a.mid",
        [
            (0.0, "on", 60, 70), (0.2, "pedal", 0, 127), (0.5, "off", 60, 0),
            # Struck again while the pedal still holds it; the key outlasts the pedal.
            (1.0, "on", 60, 90), (1.5, "pedal", 0, 0), (2.0, "off", 60, 0),
            # Held by the pedal to the end.
            (2.5, "on", 64, 80), (2.6, "pedal", 0, 64), (2.7, "off", 64, 0),
            (3.0, "on", 67, 80), (3.5, "off", 67, 0),
        ],
    )  # fmt: skip

    def read(sustain_pedal: bool) -> list[tuple[float, float, int, int]]:
        return [
            (round(n.onset_s, 3), round(n.offset_s, 3), n.pitch, n.velocity)
            for n in midi.read_notes(path, sustain_pedal=sustain_pedal)
        ]

    assert read(False) == [
        (0.0, 0.5, 60, 70), (1.0, 2.0, 60, 90), (2.5, 2.7, 64, 80), (3.0, 3.5, 67, 80)
    ]  # fmt: skip
    assert read(True) == [
        (0.0, 1.0, 60, 70), (1.0, 2.0, 60, 90), (2.5, 3.5, 64, 80), (3.0, 3.5, 67, 80)
    ]  # fmt: skip


def _random_midi(rng: np.random.Generator) -> mido.MidiFile:
    """Several tracks and channels, changes of tempo, messages of every kind in between."""
    tracks = []
    for number, channel in enumerate((0, 3, 9)):
        track = mido.MidiTrack()
        for _ in range(200):
            time = int(rng.choice([1, 60, 480]))
            pitch = int(rng.integers(50, 56))
            kind = rng.integers(9)
            if kind < 6:
                velocity = int(rng.choice([0, 40, 127]))
                name = str(rng.choice(["note_on", "note_off"]))
                track.append(mido.Message(
                    name, note=pitch, velocity=velocity, channel=channel, time=time
                ))  # fmt: skip
            elif kind == 6 and number == 0:
                tempo = int(rng.integers(200_000, 900_000))
                track.append(mido.MetaMessage("set_tempo", tempo=tempo, time=time))
            elif kind == 7:
                track.append(mido.Message("sysex", data=(1, 2, 3), time=time))
            else:
                track.append(mido.Message("program_change", program=5, time=time))
                track.append(mido.Message("pitchwheel", pitch=100, time=time))
                track.append(mido.MetaMessage("text", text="x" * 200, time=time))
        tracks.append(track)
    return mido.MidiFile(tracks=tracks, ticks_per_beat=480)


@pytest.mark.parametrize("seed", range(4))
def test_midi_files_are_read_as_mido_reads_them(seed: int) -> None:
    file = _random_midi(np.random.default_rng(seed))
    data = io.BytesIO()
    file.save(file=data)
    voices = midi.read_voices(data.getvalue(), "a.mid", sustain_pedal=False)
    found = sorted(
        (round(note.onset_s, 6), note.pitch, note.velocity) for v in voices for note in v
    )
    # What mido plays: the beginnings of notes that do not end at once.
    expected, now = [], 0.0
    began: dict[tuple[int, int], tuple[float, int]] = {}
    for message in mido.MidiFile(file=io.BytesIO(data.getvalue())):
        now += message.time
        if message.type not in ("note_on", "note_off") or message.channel == 9:
            continue
        key = message.channel, message.note
        strikes = message.type == "note_on" and message.velocity > 0
        onset_s, velocity = began.pop(key, (now, 0))
        if now > onset_s:
            expected.append((round(onset_s, 6), message.note, velocity))
        if strikes:
            began[key] = now, message.velocity
    expected += [
        (round(onset_s, 6), pitch, velocity)
        for (_, pitch), (onset_s, velocity) in began.items()
        if onset_s < now
    ]
    assert found == sorted(expected)
    assert len(found) > 50


def test_a_key_struck_again_before_its_release_is_written_still_sounds(tmp_path: Path) -> None:
    path = write_midi(
        tmp_path / "a.mid",
        [(0.0, "on", 60, 70), (0.5, "on", 60, 80), (0.5, "off", 60, 0), (1.0, "off", 60, 0)],
    )
    notes = midi.read_notes(path, sustain_pedal=False)
    assert [(round(n.onset_s, 3), round(n.offset_s, 3)) for n in notes] == [(0.0, 0.5), (0.5, 1.0)]


def test_midi_files_that_break_off_are_refused_by_name(tmp_path: Path) -> None:
    whole = write_midi(
        tmp_path / "a.mid", [(i / 4, kind, 60, 80) for i in range(9) for kind in ("on", "off")]
    ).read_bytes()
    broken = tmp_path / "broken.mid"
    for data in (b"", b"RIFF", whole[:12], whole[:40], whole[:-3], whole[:9] + b"\2" + whole[10:]):
        broken.write_bytes(data)
        with pytest.raises(CorpusError, match=r"broken\.mid"):
            midi.read_notes(broken, sustain_pedal=False)
    with pytest.raises(CorpusError, match=r"none\.mid"):
        midi.read_notes(tmp_path / "none.mid", sustain_pedal=False)


# ---- folders ----


def test_a_folder_yields_audio_with_labels_of_the_same_name(tmp_path: Path) -> None:
    for name in ("set/one", "set/two", "other/three", "other/without"):
        path = tmp_path / f"{name}.wav"
        path.parent.mkdir(exist_ok=True)
        soundfile.write(path, melody([(0.5, 1.0, 60)], 2.0), RATE)
    (tmp_path / "set/one.csv").write_text(
        "start_s,end_s,midi_pitch,velocity\n1.0,1.4,64,\n0.5,1.0,60.0,80\n"
    )
    write_midi(tmp_path / "set/two.mid", [(0.5, "on", 60, 80), (1.0, "off", 60, 0)])
    (tmp_path / "other/three.csv").write_text("start_s,end_s,midi_pitch\n0.5,1.0,60\n")
    found = folder.recordings(tmp_path)
    assert [(r.corpus, r.name) for r in found] == [
        ("other", "three"), ("set", "one"), ("set", "two")
    ]  # fmt: skip
    assert [n.pitch for n in found[0].load(22_050).notes] == [60]
    assert found[1].load(22_050).notes == [Note(0.5, 1.0, 60, 80), Note(1.0, 1.4, 64, 0)]
    assert [n.velocity for n in found[2].load(22_050).notes] == [80]


def test_a_folder_of_nothing_and_a_bad_line_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no audio file"):
        folder.recordings(tmp_path)
    with pytest.raises(CorpusError, match="no such folder"):
        folder.recordings(tmp_path / "missing")
    soundfile.write(tmp_path / "a.wav", np.zeros(100), RATE)
    (tmp_path / "a.csv").write_text("start_s,end_s,midi_pitch\n0.5,1.0,60\n0.5,late,60\n")
    with pytest.raises(CorpusError, match=r"a\.csv: line 3"):
        folder.recordings(tmp_path)[0].load(22_050)


def _sound(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, melody([(0.5, 1.0, 60)], 1.2), RATE, format="WAV")
    return path


def _labelled(tmp_path: Path, ending: str, text: str, *words: str) -> Labelled:
    """The only recording of a folder, whose labels hold this text."""
    _sound(tmp_path / "a.wav")
    (tmp_path / f"a{ending}").write_text(text)
    (recording,) = folder.recordings(tmp_path, "train", options(*words))
    return recording.load(22_050)


@pytest.mark.parametrize(
    ("ending", "text"),
    [
        (".CSV", "start_s,end_s,midi_pitch,velocity\n0.5,1.0,60,80\n"),
        (".tsv", "start_s\tend_s\tmidi_pitch\tvelocity\n0.5\t1.0\t60\t80\n"),
        # As numpy writes it.
        (".tsv", "# onset,offset,note,velocity\n0.500000\t1.000000\t60.000000\t80.000000\n"),
        (".TSV", "OnsetTime\tOffsetTime\tMidiPitch\tVelocity\n0.5\t1.0\t60\t80\n"),
    ],
)
def test_tables_of_any_case_and_of_tabs_are_labels(
    tmp_path: Path, ending: str, text: str
) -> None:
    loaded = _labelled(tmp_path, ending, text)
    assert loaded.notes == [Note(0.5, 1.0, 60, 80)]
    assert loaded.changes == {}


@pytest.mark.parametrize(
    ("namespace", "value"), [("note_midi", 60.2), ("pitch_midi", 60.2), ("note_hz", 264.7)]
)
def test_jams_are_labels(tmp_path: Path, namespace: str, value: float) -> None:
    data = [{"time": 0.5, "duration": 0.5, "value": value, "confidence": None}]
    jams = {"annotations": [{"namespace": "tempo", "data": []},
                            {"namespace": namespace, "data": data}]}  # fmt: skip
    loaded = _labelled(tmp_path, ".jams", json.dumps(jams))
    assert loaded.notes == [Note(0.5, 1.0, 60, 0)]
    assert loaded.changes == {"pitches rounded to whole numbers": 1}
    with pytest.raises(CorpusError, match=r"a\.jams: there is no annotation of note_midi"):
        _labelled(tmp_path, ".jams", '{"annotations": []}')


def test_the_pedal_holds_notes_of_a_folder_by_option(tmp_path: Path) -> None:
    _sound(tmp_path / "a.wav")
    events = [(0.1, "on", 60, 70), (0.2, "pedal", 0, 127), (0.3, "off", 60, 0),
              (1.0, "pedal", 0, 0)]  # fmt: skip
    write_midi(tmp_path / "a.MID", events)
    for word, end_s in (("--sustain-pedal", 1.0), ("--no-sustain-pedal", 0.3)):
        (recording,) = folder.recordings(tmp_path, "train", options(word))
        (note,) = recording.load(22_050).notes
        assert note.offset_s == pytest.approx(end_s, abs=1e-3)


def test_velocities_from_0_to_1_are_scaled_and_said(tmp_path: Path) -> None:
    head = "start_s,end_s,midi_pitch,velocity\n"
    loaded = _labelled(tmp_path, ".csv", head + "0.1,0.2,60,0.5\n0.2,0.3,62,1\n0.3,0.4,64,\n")
    assert [note.velocity for note in loaded.notes] == [64, 127, 0]
    assert loaded.changes == {"velocities from 0 to 1 taken times 127": 2}
    loaded = _labelled(tmp_path, ".csv", head + "0.1,0.2,60.6,1\n0.2,0.3,62,2\n")
    assert [note.velocity for note in loaded.notes] == [1, 2]
    assert loaded.changes == {"pitches rounded to whole numbers": 1}


@pytest.mark.parametrize("velocity", [-5, 128, 300])
def test_a_velocity_that_midi_does_not_know_is_refused(tmp_path: Path, velocity: int) -> None:
    text = f"start_s,end_s,midi_pitch,velocity\n0.1,0.2,60,80\n0.25,0.3,60,{velocity}\n"
    with pytest.raises(CorpusError, match=rf"/a: the note at 0\.250 s .* velocity of {velocity}"):
        _labelled(tmp_path, ".csv", text)


@pytest.mark.parametrize("text", ["", "\n \n"])
def test_empty_labels_are_no_music_without_notes(tmp_path: Path, text: str) -> None:
    with pytest.raises(CorpusError, match=r"a\.csv: the labels are empty"):
        _labelled(tmp_path, ".csv", text)
    assert _labelled(tmp_path, ".csv", "start_s,end_s,midi_pitch\n").notes == []


def _encode(path: Path, samples: np.ndarray) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=RATE)
        stream.layout = "stereo"
        frames: list[av.AudioFrame | None] = []
        for first in range(0, len(samples), 1024):
            part = np.ascontiguousarray(np.stack([samples[first : first + 1024]] * 2))
            frame = av.AudioFrame.from_ndarray(part, format="fltp", layout="stereo")
            frame.sample_rate, frame.pts, frame.time_base = RATE, first, Fraction(1, RATE)
            frames.append(frame)
        for frame in [*frames, None]:
            container.mux(stream.encode(frame))


def test_m4a_is_read_and_keeps_its_time(tmp_path: Path) -> None:
    # A colon is no protocol.
    path = tmp_path / "a: b.m4a"
    _encode(path, melody([(0.5, 1.0, 69)], 1.2))
    path.with_suffix(".csv").write_text("start_s,end_s,midi_pitch\n0.5,1.0,69\n")
    (recording,) = folder.recordings(tmp_path)
    samples = recording.load(22_050).samples
    assert begins_s(samples, 69, 22_050) == pytest.approx(0.5, abs=0.005)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(CorpusError, match=r"a: b\.m4a: the audio cannot be read"):
        recording.load(22_050)


def test_long_sound_is_read_in_blocks_with_the_same_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stereo = np.random.default_rng(0).uniform(-0.5, 0.5, (30_000, 2))
    soundfile.write(tmp_path / "a.wav", stereo, RATE)
    whole = audio.read(tmp_path / "a.wav", 22_050)
    held: list[int] = []
    read = soundfile.SoundFile.read

    def watched(self: object, frames: int, **how: object) -> object:
        block = read(self, frames, **how)
        held.append(len(block))
        return block

    monkeypatch.setattr(soundfile.SoundFile, "read", watched)
    monkeypatch.setattr(audio, "_BLOCK", 1000)
    assert np.array_equal(audio.read(tmp_path / "a.wav", 22_050), whole)
    assert held == [*[1000] * 30, 0]


def test_one_recording_is_used_once_and_what_is_not_used_is_named(tmp_path: Path) -> None:
    for name in ("x.wav", "x.flac", "y.wav", "z.WAV", "deep/w.wav"):
        _sound(tmp_path / name)
    table = "start_s,end_s,midi_pitch\n0.5,1.0,60\n"
    for name in ("x.csv", "y.csv"):
        (tmp_path / name).write_text(table)
    write_midi(tmp_path / "y.mid", [(0.5, "on", 72, 80), (1.0, "off", 72, 0)])
    found = folder.recordings(tmp_path)
    assert [(r.name, r.source[0].name, r.source[1].name) for r in found] == [
        ("x", "x.wav", "x.csv"), ("y", "y.wav", "y.csv")
    ]  # fmt: skip
    assert corpora.unused([("folder", tmp_path), ("synthetic", tmp_path)]) == {
        "sounds without labels, left out": [str(tmp_path / "deep/w.wav"), str(tmp_path / "z.WAV")],
        "sounds left out beside another of the same name": [str(tmp_path / "x.flac")],
        "labels left out, read from a .csv beside them": [str(tmp_path / "y.mid")],
    }


def test_files_of_one_name_in_folders_of_one_name_are_told_apart(tmp_path: Path) -> None:
    for name in ("first/cd/1", "second/cd/1", "second/cd/2"):
        _sound(tmp_path / f"{name}.wav")
        (tmp_path / f"{name}.csv").write_text("start_s,end_s,midi_pitch\n")
    assert [r.title for r in folder.recordings(tmp_path)] == [
        "cd/first/cd/1", "cd/second/cd/1", "cd/2"
    ]  # fmt: skip


def test_recordings_of_one_title_are_numbered_and_stay_together(tmp_path: Path) -> None:
    for name in ("one/cd/1", "two/cd/1"):
        _sound(tmp_path / f"{name}.wav")
        (tmp_path / f"{name}.csv").write_text("start_s,end_s,midi_pitch\n")
    given = [("folder", tmp_path / "one"), ("folder", tmp_path / "two")]
    found = corpora.find(given, "train", options("--variations", "1"))
    assert [(r.title, r.group) for r in found] == [
        ("cd/1", ""), ("cd/1 (2)", "1"), ("cd/1~0", ""), ("cd/1 (2)~1", "1")
    ]  # fmt: skip


def test_groups_lie_beside_the_recordings(tmp_path: Path) -> None:
    for name in ("a", "deep/b", "c"):
        _sound(tmp_path / f"{name}.wav")
        (tmp_path / f"{name}.csv").write_text("start_s,end_s,midi_pitch\n")
    (tmp_path / "groups.csv").write_text("name,group\na.wav,Minuet\ndeep/b,Minuet\nlost,Waltz\n")
    assert [(r.name, r.group) for r in folder.recordings(tmp_path)] == [
        ("a", "Minuet"), ("c", ""), ("b", "Minuet")
    ]  # fmt: skip
    where = f"names in {tmp_path / 'groups.csv'} that are not there"
    assert folder.unused(tmp_path) == {where: ["lost"]}
    (tmp_path / "groups.csv").write_text("piece\na\n")
    with pytest.raises(CorpusError, match=r"groups\.csv: it does not hold the columns name,group"):
        folder.recordings(tmp_path)


# ---- variations ----


def _melody(sample_rate: int) -> Labelled:
    notes = [(0.5, 1.5, 69), (1.5, 2.5, 62)]
    return Labelled(
        melody(notes, 3.0, sample_rate), [Note(on, off, pitch) for on, off, pitch in notes]
    )


@pytest.mark.parametrize("seed", range(6))
def test_labels_move_with_the_sound_of_a_variation(seed: int) -> None:
    plain = Recording("disc", "7", "train", "CC0", (), _melody)
    copy = varied(plain, seed)
    assert (copy.corpus, copy.name, copy.split) == ("disc", f"7~{seed}", "train")
    loaded = copy.load(22_050)
    again = copy.load(22_050)
    assert np.array_equal(loaded.samples, again.samples)
    for note in loaded.notes:
        heard = begins_s(loaded.samples, note.pitch, 22_050)
        assert heard == pytest.approx(note.onset_s, abs=0.015)
        off = partial(cents_off, loaded.samples, note.pitch, sample_rate=22_050)
        assert abs(off(note.onset_s + 0.2, note.onset_s + 0.6)) < 30


def test_variations_of_one_recording_differ() -> None:
    plain = Recording("disc", "7", "train", "CC0", (), _melody)
    first, second = (varied(plain, seed).load(22_050) for seed in (0, 1))
    assert first.samples.shape != second.samples.shape or not np.allclose(
        first.samples, second.samples
    )


# ---- rooms and microphones ----


def test_a_room_begins_with_its_direct_sound(tmp_path: Path) -> None:
    response = np.zeros(8000)
    response[1500], response[2500] = 0.8, 0.3
    soundfile.write(tmp_path / "room.flac", response, 16_000)
    room = room_and_noise.load_room(tmp_path / "room.flac", 16_000)
    assert int(np.argmax(np.abs(room))) == 0
    click = np.zeros(6000, np.float32)
    click[100] = 1
    heard = room_and_noise.reverberate(click, room, -6.0, 0.0, 16_000)
    assert int(np.argmax(np.abs(heard))) == 100
    assert np.abs(heard[:100]).max() < 1e-6
    assert abs(heard[1100]) > 0.05


def test_rooms_that_cannot_be_used_are_refused_by_name(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "silent.flac", np.zeros(100), 16_000)
    (tmp_path / "bad.flac").write_bytes(b"no")
    for name in ("silent.flac", "bad.flac"):
        with pytest.raises(CorpusError, match=name):
            room_and_noise.load_room(tmp_path / name, 16_000)


@pytest.mark.parametrize("rate", [8000, 16_000, 22_050, 48_000])
def test_every_microphone_is_stable_and_between_the_levels(rate: int) -> None:
    music = melody([(0.2, 0.8, 60)], 1.0, rate)
    for seed in range(12):
        samples = room_and_noise.record(music, (), np.random.default_rng(seed), rate)
        assert samples.dtype == np.float32
        assert len(samples) == len(music)
        assert -40.1 < 20 * np.log10(np.abs(samples).max()) < 0.1
