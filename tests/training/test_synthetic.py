"""Synthetic recordings: labels against what is heard, reproducibility, and the material."""

from __future__ import annotations

import hashlib
import json
import struct
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from model.notes import Note
from tests.training.tiny_corpora import amplitude, begins_s, cents_off, options, tone, write_midi
from training.corpora import synthetic
from training.corpora.recording import CorpusError, Recording
from training.rendering import (
    banks,
    instruments,
    invented,
    music,
    performance,
    room_and_noise,
    singer,
    soundfont,
)
from training.rendering.banks import Bank
from training.rendering.performance import Manner
from training.rendering.singer import Singer

RATE = 22_050
ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data"
# No vibrato, no glides, no swell: what is left must be exact.
PLAIN = Manner(5.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.05, 0.0)
KINDS = {
    "piano": (0.003, 0.8), "plucked": (0.002, 0.5), "sustained": (0.03, np.inf),
    "reeds": (0.02, np.inf),
}  # fmt: skip


def write_bank(
    folder: Path, name: str, kind: str, *, pitches: Sequence[int] = (45, 57, 69, 81),
    suffix: str = ".flac", cents: float = 0.0, touch_s: float = 0.0, soft: float = 0.4,
) -> None:
    """A bank of two velocity layers, each note 1.2 s long and 0.1 s from the next.

    `touch_s` seconds of each are the noise of the player before the note. `soft` is how loud the
    softer layer is beside the other.
    """
    attack_s, decay_s = KINDS[kind]
    rng = np.random.default_rng(0)
    parts, rows, at = [], [], 0.0
    for pitch in pitches:
        for velocity, level in ((50, soft), (100, 1.0)):
            touch = rng.uniform(-0.04, 0.04, round(touch_s * RATE))
            part = tone(
                pitch + cents / 100, 1.2 - touch_s, RATE, attack_s=attack_s, decay_s=decay_s
            )
            parts += [level * touch, level * part, np.zeros(round(0.1 * RATE))]
            rows.append([pitch, velocity, at, 1.2])
            at += 1.3
    folder.mkdir(parents=True, exist_ok=True)
    soundfile.write(folder / f"{name}{suffix}", np.concatenate(parts), RATE)
    index = {"licence": "CC0", "median_cents": cents, "kind": kind, "notes": rows}
    (folder / f"{name}.json").write_text(json.dumps(index))


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four instruments, two pieces of music and one room."""
    folder = tmp_path_factory.mktemp("material")
    for kind in KINDS:
        write_bank(folder / "sounds", f"tiny_{kind}", kind)
    piece = [
        (0.25 * beat, kind, 50 + 5 * channel + beat % 12, 80)
        for beat in range(60)
        for channel in range(2)
        for kind in ("on", "off")
    ]
    events = [(t + (0.2 if kind == "off" else 0), kind, p, v) for t, kind, p, v in piece]
    (folder / "music").mkdir()
    with zipfile.ZipFile(folder / "music" / "tiny_pop.zip", "w") as archive:
        for name in ("one.mid", "two.mid"):
            archive.write(write_midi(folder / name, events), name)
    (folder / "rooms").mkdir()
    response = np.zeros(4000)
    response[400:] = np.exp(-np.arange(3600) / 800) * np.cos(np.arange(3600) ** 1.7)
    soundfile.write(folder / "rooms" / "room.flac", 0.5 * response, RATE)
    return folder


def recordings(folder: Path, cache: Path, *arguments: str, n: int = 20) -> list[Recording]:
    given = options(
        "--num-recordings", str(n), "--recording-seconds", "3", "--cache", str(cache), *arguments
    )
    return synthetic.recordings(folder, "train", given)


def _bank(material: Path, kind: str, tmp_path: Path) -> Bank:
    return banks.load(material / "sounds", f"tiny_{kind}", RATE, tmp_path)


# ---- labels against what is heard ----


def _play(
    how: str, voice: list[Note], material: Path, tmp_path: Path, *, tuning_cents: float = 0.0,
    manner: Manner = PLAIN, seed: int = 0,
) -> tuple[NDArray[np.float32], list[Note]]:
    out = np.zeros(3 * RATE, np.float32)
    rng = np.random.default_rng(seed)
    if how == "invented":
        labels = invented.play_invented(
            out, voice, rng, tuning_cents=tuning_cents, sample_rate=RATE, manner=manner
        )
    elif how == "sustained":
        labels = performance.play_sustained(
            out, voice, _bank(material, how, tmp_path), rng, tuning_cents=tuning_cents,
            sample_rate=RATE, manner=manner,
        )
    else:
        labels = performance.play_struck(
            out, voice, _bank(material, how, tmp_path), rng, tuning_cents=tuning_cents,
            sample_rate=RATE,
        )
    return out, labels


@pytest.mark.parametrize("how", ["piano", "plucked", "sustained", "invented"])
@pytest.mark.parametrize("pitch", [52, 57, 66, 80])
@pytest.mark.parametrize("tuning_cents", [-30.0, 0.0, 35.0])
def test_a_note_is_heard_where_and_as_high_as_its_label_says(
    how: str, pitch: int, tuning_cents: float, material: Path, tmp_path: Path
) -> None:
    voice = [Note(0.4, 1.4, pitch, 90)]
    out, (label,) = _play(how, voice, material, tmp_path, tuning_cents=tuning_cents)
    assert label.pitch == pitch
    assert label.velocity == 90
    assert abs(label.onset_s - 0.4) < 0.03
    sounding = pitch + tuning_cents / 100
    assert begins_s(out, sounding, RATE) == pytest.approx(label.onset_s, abs=0.015)
    assert not np.abs(out[: round(0.39 * RATE)]).any()
    assert abs(cents_off(out, sounding, 0.6, 0.9, RATE)) < 20
    strength = np.abs(amplitude(out, sounding, RATE))
    last = round(label.offset_s * RATE)
    assert strength[last - RATE // 20] > 5 * strength[last + RATE // 4]


@pytest.mark.parametrize("how", ["sustained", "invented"])
@pytest.mark.parametrize("seed", range(5))
def test_a_joined_note_begins_at_its_label_without_a_gap(
    how: str, seed: int, material: Path, tmp_path: Path
) -> None:
    # No harmonic of the first lies near the second.
    voice = [Note(0.3, 1.0, 81, 90), Note(1.0, 1.8, 88, 90)]
    out, labels = _play(how, voice, material, tmp_path, seed=seed)
    assert labels[1].onset_s == 1.0
    assert begins_s(out, 88, RATE) == pytest.approx(1.0, abs=0.015)
    assert abs(cents_off(out, 88, 1.2, 1.5, RATE)) < 20
    level = np.convolve(out**2, np.ones(RATE // 100) / (RATE // 100), mode="same")
    during = level[round(0.5 * RATE) : round(1.5 * RATE)]
    assert during.min() > 0.05 * np.median(during)


# Somebody who sings as straight as a whistle.
STRAIGHT = Singer(
    vibrato_hz=5.0, vibrato_cents=0.0, vibrato_delay_s=0.0, legato=1.0, slide_s=0.06,
    slide_before=0.5, scoop_cents=0.0, scoop=0.0, scoop_s=0.05, fall_cents=0.0, drift_cents=0.0,
    spread_cents=0.0, attack_s=0.01, release_s=0.05, consonants=0.0, breath=0.0,
    rough=0.0,
)


@pytest.mark.parametrize("pitch", [50, 62, 74])
def test_a_sung_note_is_heard_where_and_as_high_as_its_label_says(pitch: int) -> None:
    out = np.zeros(3 * RATE, np.float32)
    (label,) = singer.sing(
        out, [Note(0.5, 1.5, pitch, 90)], np.random.default_rng(1), singer=STRAIGHT,
        tuning_cents=20.0, sample_rate=RATE,
    )
    assert begins_s(out, pitch + 0.2, RATE) == pytest.approx(label.onset_s, abs=0.015)
    assert abs(cents_off(out, pitch + 0.2, 0.7, 1.2, RATE)) < 5


def test_a_singer_slides_without_a_gap_into_a_joined_note() -> None:
    out = np.zeros(3 * RATE, np.float32)
    first, second = singer.sing(
        out, [Note(0.5, 1.2, 60, 90), Note(1.2, 1.9, 65, 90)], np.random.default_rng(2),
        singer=STRAIGHT, tuning_cents=0.0, sample_rate=RATE,
    )
    assert (first.pitch, second.pitch) == (60, 65)
    assert abs(cents_off(out, 60, 0.7, 1.1, RATE)) < 10
    assert abs(cents_off(out, 65, 1.4, 1.8, RATE)) < 10
    loudness = np.sqrt(np.convolve(out**2, np.ones(441) / 441, "same"))
    sung = loudness[round(0.6 * RATE) : round(1.8 * RATE)]
    assert sung.min() > 0.2 * sung.max()


def test_speech_never_rests_on_a_pitch() -> None:
    out = np.zeros(4 * RATE, np.float32)
    singer.babble(out, np.random.default_rng(3), RATE)
    assert np.abs(out).max() > 0.01
    steady = [
        strength
        for pitch in range(36, 72)
        for strength in [np.abs(amplitude(out, pitch, RATE))]
        if np.median(strength) > 0.5 * np.abs(out).max()
    ]
    assert not steady


def test_a_slide_passes_its_middle_at_the_label() -> None:
    sliding = Manner(5.0, 0.0, 0.0, 1.0, 0.08, 0.0, 0.0, 0.0, 0.0, 0.05, 0.0)
    time = performance.curve_times(-0.05, 0.5, RATE)
    for seed in range(5):
        cents = performance.pitch_curve(time, sliding, -5, np.random.default_rng(seed))
        assert cents[0] == pytest.approx(-500)
        assert np.interp(0.0, time, cents) == pytest.approx(-250, abs=20)
        assert cents[-1] == 0


def test_the_instruments_own_tuning_is_taken_out(tmp_path: Path) -> None:
    write_bank(tmp_path / "sounds", "sharp", "piano", cents=30.0)
    bank = banks.load(tmp_path / "sounds", "sharp", RATE, tmp_path)
    out = np.zeros(2 * RATE, np.float32)
    performance.play_struck(
        out, [Note(0.1, 1.1, 60, 90)], bank, np.random.default_rng(0), tuning_cents=0,
        sample_rate=RATE,
    )
    assert abs(cents_off(out, 60, 0.3, 0.7, RATE)) < 3


@pytest.mark.parametrize("kind", ["plucked", "sustained"])
def test_noises_before_a_recorded_note_do_not_delay_it(kind: str, tmp_path: Path) -> None:
    write_bank(tmp_path / "sounds", f"tiny_{kind}", kind, touch_s=0.17)
    out, (label,) = _play(kind, [Note(0.4, 1.1, 60, 90)], tmp_path, tmp_path)
    assert abs(label.onset_s - 0.4) < 0.04
    assert begins_s(out, 60, RATE) == pytest.approx(label.onset_s, abs=0.015)


def test_notes_longer_than_their_recording_are_looped_or_end(
    material: Path, tmp_path: Path
) -> None:
    voice = [Note(0.1, 2.6, 60, 90)]
    looped, (label,) = _play("sustained", voice, material, tmp_path)
    assert label.offset_s == pytest.approx(2.6)
    assert np.abs(looped[round(2.4 * RATE) : round(2.5 * RATE)]).max() > 0.1
    struck, (label,) = _play("piano", voice, material, tmp_path)
    assert 0.8 < label.offset_s < 1.3
    # It is damped before the recording ends, and not cut off.
    assert np.abs(struck[round(1.25 * RATE) :]).max(initial=0) < 0.01


@pytest.mark.parametrize(
    ("soft", "power"), [(0.4, 1.32), (0.25, 2.0), (1.0, 1.6)],
    ids=["as its layers", "as a grand's", "layers made equally loud"],
)
def test_a_note_is_as_loud_as_its_velocity_asks_whatever_layer_it_comes_from(
    soft: float, power: float, tmp_path: Path
) -> None:
    write_bank(tmp_path / "sounds", "tiny_piano", "piano", soft=soft)
    loudness = []
    velocities = range(15, 128, 4)
    for velocity in velocities:
        out, _ = _play("piano", [Note(0.1, 1.0, 57, velocity)], tmp_path, tmp_path)
        loudness.append(float(np.abs(out).max()))
    # Between the layers, too, where either may be taken.
    expected = np.log(np.array(velocities) / 127) * power
    assert np.log(np.array(loudness) / loudness[-1]) == pytest.approx(expected, abs=0.1)


# ---- whole recordings ----


def test_recordings_have_sound_at_all_levels_and_notes_in_range(
    material: Path, tmp_path: Path
) -> None:
    polyphonic = empty = struck = 0
    for recording in recordings(material, tmp_path, n=60):
        loaded = recording.load(RATE)
        assert loaded.samples.dtype == np.float32
        assert len(loaded.samples) == 3 * RATE
        assert -40.1 < 20 * np.log10(np.abs(loaded.samples).max()) < 0.1
        assert loaded.notes == sorted(loaded.notes)
        assert all(21 <= note.pitch <= 108 and note.velocity <= 127 for note in loaded.notes)
        empty += not loaded.notes
        # One player who strikes keys or strings has velocities, others have none.
        known = {note.velocity > 0 for note in loaded.notes}
        assert len(known) <= 1
        struck += known == {True}
        polyphonic += any(
            later.onset_s < note.offset_s - 0.1
            for note, later in zip(loaded.notes, loaded.notes[1:], strict=False)
        )
    assert empty <= 6
    assert polyphonic >= 15
    assert 8 <= struck <= 40


def test_a_seed_gives_the_same_samples_in_another_process_and_after_others(
    material: Path, tmp_path: Path
) -> None:
    seeds = recordings(material, tmp_path, n=12)

    def digest(recording: Recording) -> str:
        return hashlib.sha256(recording.load(RATE).samples.tobytes()).hexdigest()

    first = [digest(recording) for recording in seeds]
    assert len(set(first)) == len(first)
    assert [digest(recording) for recording in reversed(seeds)] == first[::-1]
    code = (
        "from pathlib import Path; import hashlib\n"
        "from tests.training.test_synthetic import recordings\n"
        f"for r in recordings(Path({str(material)!r}), Path({str(tmp_path)!r}), n=12)[::3]:\n"
        f"    print(hashlib.sha256(r.load({RATE}).samples.tobytes()).hexdigest())"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.stdout.split() == first[::3], run.stderr


def test_music_is_transposed_and_timed_but_stays_itself(material: Path) -> None:
    library = music.Library(material / "music" / "tiny_pop.zip")
    assert library.members == ("one.mid", "two.mid")
    (voice,) = music.excerpt(library, 5.0, np.random.default_rng(3))
    assert len(voice) > 10
    assert all(0 <= note.onset_s < note.offset_s < 6 for note in voice)
    shifts = {note.pitch for note in voice}
    assert len(shifts) > 4


# ---- what they are made of ----


def test_one_instrument_is_enough(tmp_path: Path) -> None:
    write_bank(tmp_path / "sounds", "tiny", "piano", suffix=".wav")
    silent = []
    for recording in recordings(tmp_path, tmp_path / "cache", n=60):
        loaded = recording.load(8000)
        if not loaded.notes:
            silent.append(float(np.abs(loaded.samples).max()))
    # Some recordings hold nothing but noise.
    assert 1 <= len(silent) <= 12
    assert min(silent) > 0


def test_scenes_can_be_chosen(material: Path, tmp_path: Path) -> None:
    empty = recordings(material, tmp_path, "--scenes", "empty", n=5)
    assert [recording.load(RATE).notes for recording in empty] == 5 * [[]]
    struck = recordings(material, tmp_path, "--scenes", "piano", "plucked", n=8)
    notes = [note for recording in struck for note in recording.load(RATE).notes]
    assert len(notes) > 20
    assert all(note.velocity > 0 for note in notes)
    with pytest.raises(CorpusError, match=r"^--scenes harp: it is one of piano, plucked"):
        recordings(material, tmp_path, "--scenes", "harp")


def test_a_scene_that_nothing_can_play_is_named(tmp_path: Path) -> None:
    write_bank(tmp_path / "sounds", "tiny", "piano", suffix=".wav")
    (one,) = recordings(tmp_path, tmp_path / "cache", "--scenes", "reeds", n=1)
    with pytest.raises(CorpusError, match="nothing here can play reeds"):
        one.load(RATE)


def test_recordings_without_notes_are_heard_and_bear_no_labels(tmp_path: Path) -> None:
    write_bank(tmp_path / "sounds", "tiny", "piano", suffix=".wav")
    (tmp_path / "noises").mkdir()
    time = np.arange(8 * RATE) / RATE
    whistle = 0.3 * np.sin(2 * np.pi * 3000 * time)
    soundfile.write(tmp_path / "noises" / "whistle.wav", whistle, RATE)
    empty = [r.load(RATE) for r in recordings(tmp_path, tmp_path / "cache", n=60)]
    empty = [loaded for loaded in empty if not loaded.notes]
    whistles = [
        np.abs(np.fft.rfft(loaded.samples[: 4 * RATE]))[4 * 3000 - 4 : 4 * 3000 + 5].max()
        for loaded in empty
    ]
    assert max(whistles) > 20 * np.median(whistles)


def test_a_recording_without_notes_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "hiss.wav").write_bytes(b"no sound")
    with pytest.raises(CorpusError, match=r"hiss\.wav: the recording without notes cannot"):
        room_and_noise.load_noise(tmp_path / "hiss.wav", RATE)


def test_too_short_for_a_syllable_is_silence_and_no_fault() -> None:
    for seed in range(20):
        out = np.zeros(RATE // 4, np.float32)
        singer.babble(out, np.random.default_rng(seed), RATE)
        assert np.isfinite(out).all()


def test_neighbouring_holes_sound_with_the_line() -> None:
    line = [Note(0.5 * i, 0.5 * i + 0.4, 60 + i, 90) for i in range(40)]
    beside = [music.neighbouring_holes(line, np.random.default_rng(seed)) for seed in range(12)]
    assert any(len(voice) > 10 for voice in beside)
    for voice in beside:
        for note in voice:
            main = max((n for n in line if n.onset_s <= note.onset_s + 1e-9),
                       key=lambda n: n.onset_s)
            assert 3 <= abs(note.pitch - main.pitch) <= 10
            assert main.onset_s <= note.onset_s < note.offset_s


def test_material_that_cannot_be_used_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="sounds: no note bank"):
        recordings(tmp_path, tmp_path)
    write_bank(tmp_path / "sounds", "tiny", "piano")
    (tmp_path / "music").mkdir()
    with pytest.raises(CorpusError, match="music: no MIDI file"):
        recordings(tmp_path, tmp_path)
    (tmp_path / "music" / "a.zip").write_bytes(b"no archive")
    with pytest.raises(CorpusError, match=r"a\.zip"):
        recordings(tmp_path, tmp_path)
    (tmp_path / "music" / "a.zip").unlink()
    (tmp_path / "music").rmdir()
    (tmp_path / "sounds" / "tiny.flac").write_bytes(b"no sound")
    with pytest.raises(CorpusError, match=r"tiny\.flac"):
        banks.load(tmp_path / "sounds", "tiny", RATE, tmp_path)
    for text in ("{", "[]", '{"notes": [[1, 2]], "licence": ""}', '{"kind": "drum"}'):
        write_bank(tmp_path / text[:3].encode().hex(), "broken", "piano")
        folder = tmp_path / text[:3].encode().hex()
        (folder / "broken.json").write_text(text)
        with pytest.raises(CorpusError, match=r"broken\.json"):
            instruments.of_banks(folder)[0].open(RATE, tmp_path)


def test_banks_of_one_name_do_not_share_their_cache(tmp_path: Path) -> None:
    loaded = []
    for pitch in (57, 69):
        folder = tmp_path / str(pitch)
        write_bank(folder, "tiny", "piano", pitches=(pitch,))
        loaded.append(banks.load(folder, "tiny", RATE, tmp_path / "cache"))
    assert not np.array_equal(loaded[0].samples, loaded[1].samples)
    assert len(list((tmp_path / "cache").glob("*.npy"))) == 2


def test_equally_near_notes_take_turns(tmp_path: Path) -> None:
    rows = [(60, 80, 0.0, 0.5), (60, 84, 0.5, 0.5), (60, 127, 1.0, 0.5), (67, 80, 1.5, 0.5)]
    samples = (10_000 * tone(60, 2.0, RATE)).astype(np.int16)
    bank = banks.assembled("four", "CC0", samples, rows, 0.0, RATE)
    rng = np.random.default_rng(0)
    chosen = {bank.choose(61, 82, rng).first for _ in range(50)}
    assert chosen == {0, round(0.5 * RATE)}
    assert {bank.choose(66, 80, rng).pitch for _ in range(9)} == {67}
    assert {bank.choose(60, 120, rng).velocity for _ in range(9)} == {127}


# ---- SoundFonts ----


def write_soundfont(path: Path) -> Path:
    """Programs 0 and 40 of a SoundFont: one looped sine of 440 Hz that lasts as long as its key."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)

    def name(text: str) -> bytes:
        return text.encode().ljust(20, b"\0")

    period = 100
    rate = 440 * period
    time = np.arange(50 * period) / period
    wave = (20_000 * np.sin(2 * np.pi * time)).astype("<i2").tobytes() + b"\0" * 92
    header = b"".join(
        name(preset) + struct.pack("<HHHIII", program, 0, bag, 0, 0, 0)
        for preset, program, bag in (("Piano", 0, 0), ("Violin", 40, 1), ("EOP", 0, 2))
    )
    # Generators: 41 names a preset's instrument, 54 the kind of loop, 53 the sample.
    parts = {
        b"phdr": header,
        b"pbag": struct.pack("<HHHHHH", 0, 0, 1, 0, 2, 0),
        b"pmod": bytes(10),
        b"pgen": struct.pack("<HHHHHH", 41, 0, 41, 0, 0, 0),
        b"inst": name("Sine") + struct.pack("<H", 0) + name("EOI") + struct.pack("<H", 1),
        b"ibag": struct.pack("<HHHH", 0, 0, 2, 0),
        b"imod": bytes(10),
        b"igen": struct.pack("<HHHHHH", 54, 1, 53, 0, 0, 0),
        b"shdr": name("Sine")
        + struct.pack("<IIIIIBbHH", 0, 50 * period, 10 * period, 40 * period, rate, 69, 0, 0, 1)
        + name("EOS") + bytes(26),
    }  # fmt: skip
    info = chunk(b"ifil", struct.pack("<HH", 2, 1)) + chunk(b"INAM", b"Tiny\0\0")
    data = b"sfbk"
    data += chunk(b"LIST", b"INFO" + info)
    data += chunk(b"LIST", b"sdta" + chunk(b"smpl", wave))
    data += chunk(b"LIST", b"pdta" + b"".join(chunk(key, value) for key, value in parts.items()))
    path.write_bytes(chunk(b"RIFF", data))
    return path


def test_a_soundfonts_programs_become_banks_that_are_in_tune(tmp_path: Path) -> None:
    path = write_soundfont(tmp_path / "tiny.sf2")
    piano, violin = instruments.of_soundfont(path)
    assert (piano.kind, violin.kind) == ("piano", "sustained")
    assert "Violin" in violin.name
    bank = violin.open(RATE, tmp_path / "cache")
    assert (bank.lowest, bank.highest) == (55, 100)
    out = np.zeros(2 * RATE, np.float32)
    (label,) = performance.play_sustained(
        out, [Note(0.2, 1.5, 71, 100)], bank, np.random.default_rng(0), tuning_cents=0,
        sample_rate=RATE, manner=PLAIN,
    )
    assert begins_s(out, 71, RATE) == pytest.approx(label.onset_s, abs=0.015)
    assert abs(cents_off(out, 71, 0.4, 1.2, RATE)) < 5
    soundfont.load.cache_clear()
    again = violin.open(RATE, tmp_path / "cache")
    assert np.array_equal(again.samples, bank.samples)
    assert again.notes == bank.notes


def test_a_soundfont_alone_is_enough_and_joins_banks(material: Path, tmp_path: Path) -> None:
    path = write_soundfont(tmp_path / "tiny.sf2")
    given = ("--soundfont", str(path))
    for recording in recordings(tmp_path, tmp_path, *given, n=10):
        assert "tiny.sf2" in repr(recording)
        recording.load(RATE)
    with_banks = recordings(material, tmp_path, *given, n=10)
    without = recordings(material, tmp_path, n=10)
    same = [
        np.array_equal(one.load(RATE).samples, other.load(RATE).samples)
        for one, other in zip(with_banks, without, strict=True)
    ]
    assert not all(same)


def test_files_that_are_no_soundfonts_are_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "bad.sf2").write_bytes(b"RIFF....sfbk")
    for name in ("bad.sf2", "missing.sf2"):
        with pytest.raises(CorpusError, match=name):
            recordings(tmp_path, tmp_path, "--soundfont", str(tmp_path / name))


# ---- real banks ----


@pytest.mark.skipif(not SHARED.is_dir(), reason="the collection of note banks is not here")
@pytest.mark.parametrize("name", ["philharmonia_mandolin", "tonejs_harp", "flute_ixox"])
def test_labels_hold_for_real_instruments(name: str, tmp_path: Path) -> None:
    bank = banks.load(SHARED / "sounds", name, RATE, tmp_path)
    kinds = {player.name: player for player in instruments.of_banks(SHARED / "sounds")}
    errors, off = [], []
    middle = (bank.lowest + bank.highest) // 2
    for seed, pitch in enumerate(range(middle - 6, middle + 7, 2)):
        out = np.zeros(2 * RATE, np.float32)
        rng = np.random.default_rng(seed)
        voice = [Note(0.3, 1.3, pitch, 90)]
        if kinds[name].struck:
            (label,) = performance.play_struck(
                out, voice, bank, rng, tuning_cents=0, sample_rate=RATE
            )
        else:
            (label,) = performance.play_sustained(
                out, voice, bank, rng, tuning_cents=0, sample_rate=RATE, manner=PLAIN
            )
        errors.append(begins_s(out, pitch, RATE) - label.onset_s)
        off.append(cents_off(out, pitch, 0.5, 0.9, RATE))
    assert abs(np.median(errors)) < 0.025
    assert abs(np.median(off)) < 20
