from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from model import checkpoint as checkpoints
from model.config import DecoderConfig, FeatureConfig, NetworkConfig
from model.notes import Note, Probabilities
from model.transcriber import Heard, Transcriber
from tests.conftest import TONE_RATE, tones
from tests.training.tiny_data import write_clips
from training.__main__ import main
from training.corpora.recording import CorpusError, Labelled, Recording
from training.options import parser
from training.tuning import search
from training.tuning.tune import reliability, share_right, tune

ROOT = Path(__file__).resolve().parents[2]


class Stub(Transcriber):
    """Says of every recording what it is made with."""

    def __init__(self, probabilities: Probabilities, network: NetworkConfig) -> None:
        self.features = FeatureConfig()
        self.network_config = network
        self.decoder = DecoderConfig(onset_threshold=0.9, frame_threshold=0.9)
        self._probabilities = probabilities

    def file(self, blocks: object, sample_rate: float | None = None) -> Iterator[Heard]:
        half = len(self._probabilities) // 2
        for part in (slice(0, half), slice(half, None)):
            arrays = (getattr(self._probabilities, n)[part] for n in ("onset", "frame", "velocity"))
            yield Heard(0, np.zeros((0, 1), np.float32), Probabilities(*arrays), [])


def said(network: NetworkConfig, late_frames: int) -> tuple[list[Note], Probabilities]:
    """Ten notes half a second apart: surely begun, weakly held; and some ghosts between them."""
    hop_s = 441 / 22_050
    onset, frame = np.full((2, 300, network.n_pitches), 0.02, np.float32)
    frame[:] = 0.24
    notes = []
    for number in range(10):
        first = 10 + 25 * number
        notes.append(Note(first * hop_s, (first + 15) * hop_s, network.lowest_pitch + number, 70))
        begin = first + network.delay_frames + late_frames
        onset[begin, number] = 0.62
        frame[begin : begin + 15, number] = 0.45
        onset[begin + 5, (number + 5) % 10] = 0.33  # a ghost
    return notes, Probabilities(onset, frame, np.full_like(onset, 0.5))


def recording_of(notes: list[Note], corpus: str = "red") -> Recording:
    sound = Labelled(np.ones(6 * 22_050, np.float32), notes)
    return Recording(corpus, "one", "train", "none", (), lambda _: sound)


def test_thresholds_part_notes_from_ghosts_and_the_bias_is_taken_out() -> None:
    notes, probabilities = said(NetworkConfig(), late_frames=1)
    decoder, scores = tune([recording_of(notes)], Stub(probabilities, NetworkConfig()))
    assert decoder.onset_threshold <= 0.62
    # Either probability tells the ghosts from the notes.
    assert decoder.onset_threshold > 0.33 or 0.24 < decoder.confirm_threshold <= 0.45
    assert 0.24 < decoder.frame_threshold <= 0.45
    # One frame late, and a decoder that takes the middle of a frame.
    assert decoder.onset_bias_ms == pytest.approx(30, abs=0.1)
    assert scores["red"].f1 == 1.0
    assert scores["red"].f1_offset == 1.0
    onset, right = zip(*decoder.reliability, strict=True)
    assert np.interp(0.62, onset, right) == pytest.approx(1, abs=0.01)


def test_what_only_a_lower_threshold_says_counts_for_the_confidence_there() -> None:
    notes, probabilities = said(NetworkConfig(), late_frames=0)
    # Ghosts that sound are said where they are not below the threshold, and never right.
    probabilities.frame[probabilities.onset == np.float32(0.33)] = 0.45
    stub = Stub(probabilities, NetworkConfig())
    decoder = DecoderConfig(onset_threshold=0.5, confirm_threshold=0.4, onset_bias_ms=10.0)
    found = reliability([("red", notes, probabilities)], stub, decoder)
    onset, right = zip(*found, strict=True)
    assert np.interp([0.33, 0.62], onset, right) == pytest.approx([0, 1], abs=0.01)
    # What sounds too weakly is not said at any threshold, and counts nowhere.
    probabilities.frame[probabilities.onset == np.float32(0.33)] = 0.3
    assert reliability([("red", notes, probabilities)], stub, decoder) == ((0, 0), (0.62, 1))


def test_the_confidence_of_late_notes_is_how_many_are_right() -> None:
    notes, probabilities = said(NetworkConfig(), late_frames=0)
    # Faint onsets of notes that sound surely, some of which nobody played; ghosts as loud that do
    # not sound; and silence in which they would begin if no confirmation were asked for.
    probabilities.onset[probabilities.onset > 0.6] = 0.5
    probabilities.frame[probabilities.frame > 0.4] = 0.95
    probabilities.onset[probabilities.onset == np.float32(0.33)] = 0.5
    decoder = DecoderConfig(
        onset_threshold=0.7, confirm_threshold=0.5, late_threshold=0.4, late_confirm_threshold=0.8,
        late_frames=2, onset_bias_ms=10.0,
    )
    stub = Stub(probabilities, NetworkConfig())
    plain = replace(decoder, late_threshold=0.0)
    share = share_right([("red", notes[:7], probabilities)], stub, decoder, plain)
    assert share == pytest.approx(0.7)
    assert share_right([("red", notes, probabilities)], stub, decoder, plain) == 1.0
    assert share_right([("red", notes, probabilities)], stub, plain, plain) == 0.0


def test_the_confidence_of_held_notes_is_how_many_are_right() -> None:
    notes, probabilities = said(NetworkConfig(), late_frames=0)
    # Three notes are held whose beginnings were not heard.
    unheard = [note.pitch - NetworkConfig().lowest_pitch for note in notes[:3]]
    probabilities.onset[:, unheard] = 0.02
    probabilities.frame[probabilities.frame > 0.4] = 0.95
    decoder, scores = tune([recording_of(notes)], Stub(probabilities, NetworkConfig()))
    assert scores["red"].recall == 1.0
    assert decoder.held_confidence == 1.0
    # Nobody played two of them.
    decoder, _ = tune([recording_of(notes[2:])], Stub(probabilities, NetworkConfig()))
    assert decoder.held_confidence == pytest.approx(1 / 3, abs=1e-3)


def test_note_names_are_judged_without_their_octave() -> None:
    config = NetworkConfig(only_note_names=True)
    notes, probabilities = said(config, late_frames=0)
    elsewhere = [replace(note, pitch=note.pitch - 24) for note in notes]
    assert tune([recording_of(elsewhere)], Stub(probabilities, config))[1]["red"].f1 == 1.0


def test_recordings_without_labels_are_not_tuned_on() -> None:
    notes, probabilities = said(NetworkConfig(), late_frames=0)
    stub = Stub(probabilities, NetworkConfig())
    assert tune([recording_of([], "blue"), recording_of(notes)], stub)[1].keys() == {"red"}
    with pytest.raises(CorpusError, match="none of the 1 recordings bears a note"):
        tune([recording_of([])], stub)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Two recordings of a folder named red."""
    folder = tmp_path / "music" / "red"
    folder.mkdir(parents=True)
    for name in ("a", "b"):
        soundfile.write(folder / f"{name}.wav", tones(1.0), TONE_RATE)
        (folder / f"{name}.csv").write_text("start_s,end_s,midi_pitch\n0.25,0.5,64\n0.5,0.7,68\n")
    return folder.parent


def test_the_command_writes_the_settings_into_the_checkpoint_and_nothing_else(
    corpus: Path, tiny_checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = tmp_path / "net.safetensors", tmp_path / "tuned.safetensors"
    shutil.copy(tiny_checkpoint, path)
    before = checkpoints.load(path)
    arguments = ["-a", "tune", "--corpus", f"folder:{corpus}", "--checkpoint", str(path)]
    assert main([*arguments, "--out", str(out)]) == 0
    assert checkpoints.load(path).decoder == before.decoder
    assert main(arguments) == 0
    after = checkpoints.load(path)
    assert after.decoder == checkpoints.load(out).decoder
    assert after.decoder != before.decoder
    assert (after.features, after.network) == (before.features, before.network)
    assert "red" in capsys.readouterr().out


def test_only_what_training_held_out_is_tuned_on(
    corpus: Path, tiny_checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (corpus / "red" / "a.wav").write_bytes(b"this recording cannot be read")
    path = tmp_path / "net.safetensors"
    arguments = ["-a", "tune", "--corpus", f"folder:{corpus}", "--checkpoint", str(path)]
    for held_out, status in ((["red/b", "red/gone"], 0), (["red/a"], 1)):
        checkpoint = checkpoints.load(tiny_checkpoint)
        checkpoints.save(replace(checkpoint, notes={"held_out": json.dumps(held_out)}), path)
        assert main(arguments) == status
        assert "the 1 recordings of 2 that were held out" in capsys.readouterr().out


SEARCH = ("--network", "linear", "--num-epochs", "1", "--delay-frames", "1", "--batch-size", "6",
          "--validation-share", "0.2")  # fmt: skip


def searched(data: Path, study: Path, *arguments: str) -> int:
    return main(["-a", "tune", "--data", str(data), "--study", str(study), *SEARCH, *arguments])


def test_a_search_goes_on_where_others_have_been_and_prints_the_best_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, study = write_clips(tmp_path / "tiny.h5"), tmp_path / "folder" / "study.log"
    assert searched(data, study, "--trials", "2") == 0
    first = capsys.readouterr().out
    assert searched(data, study, "--trials", "1") == 0
    second = capsys.readouterr().out
    assert [line.split(":")[0] for line in (first + second).splitlines() if "trial " in line] == [
        "trial 0", "trial 1", "trial 2"
    ]  # fmt: skip
    assert "of 3 trials" in second
    scores = [float(line.split()[2]) for line in (first + second).splitlines()
              if line.startswith("trial ")]
    assert f"best score {max(scores):.4f}" in second
    command = shlex.split(second.splitlines()[-1])
    assert command[:3] == ["python", "-m", "training"]
    options = parser().parse_args(command[3:])
    assert (options.action, options.data) == ("train-val", [data])
    assert (options.network, options.batch_size, options.delay_frames) == ("linear", 6, [1])
    assert 3e-4 <= options.lr <= 1e-2
    assert 0.05 <= options.frame_weight <= 1
    # Trials leave nothing behind but the study.
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["folder", "study.log", "tiny.h5"]


def test_a_study_of_other_data_or_settings_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, study = write_clips(tmp_path / "tiny.h5"), tmp_path / "study.log"
    assert searched(data, study, "--trials", "1") == 0
    other = write_clips(tmp_path / "other.h5", ("red/a", "red/b", "red/c"))
    text = tmp_path / "text.log"
    text.write_text("this is no study\n")
    for where, path, arguments, message in (
        (other, study, (), "was begun with --data 24 clips"),
        (data, study, ("--num-epochs", "2"), "was begun with --num-epochs 1, not 2"),
        (data, text, (), "text.log is not a study"),
    ):
        with pytest.raises(SystemExit) as end:
            searched(where, path, "--trials", "1", *arguments)
        assert end.value.code == 2
        assert message in capsys.readouterr().err


def test_the_search_chooses_the_width_of_networks_that_have_one(tmp_path: Path) -> None:
    from optuna.trial import FixedTrial

    from training.datasets.clip_dataset import ClipFile
    from training.trainer.plan import TrainOptions

    data = ClipFile.open(write_clips(tmp_path / "tiny.h5", clips_per_piece=1))
    plan = TrainOptions(
        num_epochs=1, batch_size=6, validation_share=0.2,
        network=NetworkConfig(n_blocks=1, delay_frames=1, channels=96),
    )  # fmt: skip
    chosen = {"lr": 1e-3, "channels": 16, "onset_alpha": 0.7, "frame_weight": 0.5}
    trial = FixedTrial(chosen, number=3)
    score = search._score([data], plan, trial, tmp_path)
    trained = checkpoints.load(tmp_path / "3.safetensors")
    assert (trained.network.channels, trained.network.memory_units) == (16, 16)
    assert trained.notes["score"] == f"{score:.4f}"


def test_contradictions_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data, study = write_clips(tmp_path / "tiny.h5"), tmp_path / "study.log"

    def refused(*arguments: str) -> str:
        with pytest.raises(SystemExit) as end:
            main(["-a", "tune", "--study", str(study), *arguments])
        assert end.value.code == 2
        return capsys.readouterr().err

    assert "needs --corpus KIND:FOLDER and --checkpoint FILE, or --data" in refused()
    assert "no use for --corpus" in refused("--data", str(data), "--corpus", "folder:x")
    assert "no use for --checkpoint" in refused("--data", str(data), "--checkpoint", "x")
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert "not for torchrun" in refused("--data", str(data))
    monkeypatch.delenv("WORLD_SIZE")
    monkeypatch.setitem(sys.modules, "optuna", None)
    assert "needs the package optuna, which is not installed" in refused("--data", str(data))


def test_training_and_tuning_thresholds_need_neither_tensorboard_nor_optuna() -> None:
    code = (
        "import sys; import training.actions.train_action, training.actions.tune_action; "
        "import training.trainer.train; "
        "print([n for n in ('tensorboard', 'optuna', 'torch.utils.tensorboard') "
        "if n in sys.modules])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"


def test_one_bad_recording_does_not_end_the_tuning(
    tiny_checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "tones"
    folder.mkdir()
    for name in ("good", "bad"):
        soundfile.write(folder / f"{name}.wav", tones(1.0), TONE_RATE)
        rows = [f"{0.25 * i},{0.25 * i + 0.2},{60 + 4 * i},80" for i in range(4)]
        (folder / f"{name}.csv").write_text(
            "\n".join(["start_s,end_s,midi_pitch,velocity", *rows, ""])
        )
    (folder / "bad.wav").write_bytes(b"RIFF but no music")
    out = tmp_path / "tuned.safetensors"
    words = ["-a", "tune", "--corpus", f"folder:{folder}", "--checkpoint", str(tiny_checkpoint),
             "--out", str(out)]  # fmt: skip
    assert main(words) == 1
    said = capsys.readouterr()
    assert said.err.startswith(f"left out: {folder / 'bad.wav'}: ")
    assert "tones " in said.out
    decoder = checkpoints.load(out).decoder
    assert decoder != checkpoints.load(tiny_checkpoint).decoder
    # Only another checkpoint is ever replaced.
    table = folder / "good.csv"
    assert main([*words[:-1], str(table)]) == 1
    assert f"{table}: the checkpoint is damaged" in capsys.readouterr().err
    assert table.read_text().startswith("start_s")
    # All of them bad, the reasons are said.
    (folder / "good.wav").write_bytes(b"nor this")
    out.unlink()
    assert main(words) == 1
    assert f"bears a note to tune on; {folder / 'bad.wav'}: " in capsys.readouterr().err
    assert not out.exists()
