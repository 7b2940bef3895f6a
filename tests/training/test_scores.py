"""The `test` action: frame scores of data files, note scores of labelled audio, and its outputs."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import h5py
import numpy as np
import pytest
import sklearn.metrics
import soundfile
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from model import checkpoint
from model.config import FeatureConfig
from model.head_order import FRAME, N_HEADS
from model.notes import Note
from model.transcriber import Transcriber
from tests.conftest import TONE_RATE, tones
from training.__main__ import main
from training.corpora.recording import Labelled, Recording
from training.datasets.clip_dataset import ClipFile
from training.datasets.clips import ClipFormat, ClipLength, cut
from training.datasets.labels import fold
from training.errors import DataError
from training.scoring import evaluate, frame_scores
from training.scoring.evaluate import Manner
from training.scoring.metrics import Curve, NoteScores

FEATURES = FeatureConfig()
LENGTH = ClipLength(40, 3)
DELAY = 2
# Frames of the pieces: a bit of one clip, whole clips, and some clips and a bit.
PIECES = {"a/short": 20, "a/whole": 68, "b/long": 110}


class Reader(nn.Module):
    """Says later, by the delay, what stands in the middle bin of every pitch."""

    def forward(self, x: Tensor, states: None = None) -> tuple[Tensor, None]:
        assert states is None
        logits = torch.zeros(*x.shape[:2], 88, N_HEADS)
        said = x[:, :, 0, 1 : 3 * 88 : 3]
        logits[:, DELAY:, :, FRAME] = torch.logit(said[:, :-DELAY].clamp(1e-6, 1 - 1e-6))
        return logits[:, :, None], None


@pytest.fixture(scope="module")
def truth() -> dict[str, tuple[NDArray[np.uint8], NDArray[np.bool_]]]:
    """What `Reader` is to read of each piece (in 255ths), and labels that are near it."""
    rng = np.random.default_rng(0)
    pieces = {}
    for name, n_frames in PIECES.items():
        said = rng.integers(1, 255, (n_frames, 88)).astype(np.uint8)
        pieces[name] = said, said + rng.normal(0, 60, said.shape) > 200
    return pieces


@pytest.fixture(scope="module")
def clips(
    truth: dict[str, tuple[NDArray[np.uint8], NDArray[np.bool_]]],
    tmp_path_factory: pytest.TempPathFactory,
) -> ClipFile:
    path = tmp_path_factory.mktemp("clips") / "clips.h5"
    with h5py.File(path, "w") as file:
        ClipFormat(FEATURES, LENGTH).write(file)
        for number, (said, labels) in enumerate(truth.values()):
            frames = np.zeros((len(said), 3, FEATURES.n_bins), np.uint8)
            frames[:, 0, 1 : 3 * 88 : 3] = said
            for name, array in (("features", frames), ("frame", labels.astype(np.uint8))):
                cut_up = list(cut(array, LENGTH))
                file[name].resize(len(file[name]) + len(cut_up), axis=0)
                file[name][-len(cut_up) :] = cut_up
            for name in ("onset", "offset", "velocity", "piece"):
                file[name].resize(len(file["frame"]), axis=0)
            file["piece"][-len(cut_up) :] = number
        file["names"] = [name.encode() for name in truth]
        file["lengths"] = list(PIECES.values())
    return ClipFile.open(path)


def _pieces(file: ClipFile, **options: object) -> list[frame_scores.Piece]:
    return list(
        frame_scores.pieces(Reader(), file, delay_frames=DELAY, **options)  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("batch_size", [1, 3, 8])
def test_every_frame_of_a_piece_is_scored_once_and_in_its_place(
    clips: ClipFile,
    truth: dict[str, tuple[NDArray[np.uint8], NDArray[np.bool_]]],
    batch_size: int,
) -> None:
    pieces = _pieces(clips, batch_size=batch_size)
    assert [f"{piece.corpus}/{piece.name}" for piece in pieces] == list(PIECES)
    for piece, (said, labels) in zip(pieces, truth.values(), strict=True):
        assert (piece.labels == labels).all()
        assert np.abs(piece.probabilities - said / 255).max() < 1e-6


def test_pieces_corpora_and_all_score_as_scikit_learn_does(
    clips: ClipFile, truth: dict[str, tuple[NDArray[np.uint8], NDArray[np.bool_]]]
) -> None:
    report = frame_scores.score(_pieces(clips), 0.6, thresholds=[0.2, 0.9], allowed_errors=5)
    assert set(report.pieces) == set(PIECES)
    assert list(report.corpora) == ["a", "b", frame_scores.ALL]
    for name, row in (report.pieces | report.corpora).items():
        members = [truth[piece] for piece in PIECES
                   if name in (piece, piece[0], frame_scores.ALL)]
        said = np.concatenate([said for said, _ in members]).ravel()
        labels = np.concatenate([labels for _, labels in members]).ravel()
        found = said >= 0.6 * 255
        assert row["ap"] == pytest.approx(
            sklearn.metrics.average_precision_score(labels, said), abs=1e-9
        )
        assert row["precision"] == pytest.approx(
            sklearn.metrics.precision_score(labels, found), abs=1e-9
        )
        assert row["recall"] == pytest.approx(
            sklearn.metrics.recall_score(labels, found), abs=1e-9
        )
        assert row["accuracy"] == pytest.approx(
            sklearn.metrics.jaccard_score(labels, found), abs=1e-9
        )
        wrong = (labels != found).reshape(-1, 88).sum(axis=1)
        assert row["passed"] == pytest.approx((wrong <= 5).mean())
    assert report.thresholds[0.2]["recall"] > report.corpora[frame_scores.ALL]["recall"]
    assert report.thresholds[0.9]["precision"] > report.corpora[frame_scores.ALL]["precision"]


def test_a_perfect_network_scores_one(clips: ClipFile, tmp_path: Path) -> None:
    path = tmp_path / "perfect.h5"
    path.write_bytes(clips.path.read_bytes())
    with h5py.File(path, "a") as file:
        file["features"][:, :, 0, 1 : 3 * 88 : 3] = file["frame"][:] * 255
    report = frame_scores.score(_pieces(ClipFile.open(path)), 0.5)
    for row in (report.pieces | report.corpora).values():
        assert row["ap"] == pytest.approx(1, abs=1e-12)
        assert (row["f1"], row["accuracy"], row["e_tot"], row["passed"]) == (1, 1, 0, 1)


def test_by_note_name_both_sides_are_folded(
    clips: ClipFile, truth: dict[str, tuple[NDArray[np.uint8], NDArray[np.bool_]]]
) -> None:
    for piece, (said, labels) in zip(
        _pieces(clips, only_note_names=True), truth.values(), strict=True
    ):
        assert (piece.labels == fold(labels)).all()
        assert np.abs(piece.probabilities - fold(said) / 255).max() < 1e-6


def test_a_delay_beyond_the_overlap_is_refused(clips: ClipFile) -> None:
    with pytest.raises(DataError, match="delay of 4 frames is more than the 3 frames by which"):
        next(frame_scores.pieces(Reader(), clips, delay_frames=4))


def test_the_chosen_pieces_alone_are_scored(clips: ClipFile) -> None:
    assert [piece.name for piece in _pieces(clips.only(["b/long", "a/short"]))] == [
        "short", "long"
    ]  # fmt: skip
    assert [piece.name for piece in _pieces(clips.without(["a/whole"]))] == ["short", "long"]


def test_a_curve_without_points_scores_nothing() -> None:
    report = frame_scores.score([], 0.5)
    assert np.isnan(report.corpora[frame_scores.ALL]["ap"])
    assert isinstance(report.curves[frame_scores.ALL], Curve)


# ---- labelled audio ----


def test_streamed_notes_are_compared_by_name_when_asked(tiny_checkpoint: Path) -> None:
    transcriber = Transcriber.load(tiny_checkpoint)
    samples = tones(sample_rate=transcriber.features.sample_rate)
    found = [note for heard in transcriber.file([samples]) for note in heard.events]
    labels = [
        # What it will find, an octave off: right by name alone.
        Note(event.onset_s, event.offset_s, event.pitch + (12 if event.pitch < 90 else -12), 80)
        for event in found
        if hasattr(event, "offset_s")
    ]
    recording = Recording("tones", "one", "test", "CC0", (samples, labels), _given)
    by_pitch = evaluate.score(recording, transcriber)
    by_name = evaluate.score(recording, transcriber, Manner(only_note_names=True))
    # Octaves of one name are one note.
    assert [right for _, right in by_name.confidences].count(True) > len(labels) / 2
    assert by_name.seconds == pytest.approx(len(samples) / transcriber.features.sample_rate)
    assert by_name.scores.f1 == pytest.approx(1)
    assert by_name.scores.f1 > by_pitch.scores.f1
    assert max(map(abs, by_name.bias_s)) < 0.1
    assert min(by_name.delays_s) > 0


def _given(samples: NDArray[np.float32], notes: list[Note], _rate: int) -> Labelled:
    return Labelled(samples, notes)


def test_confidence_velocity_and_notes_in_time_are_told() -> None:
    perfect = NoteScores(1, 1, 1, 1, 1)

    def scored(corpus: str, said: list[tuple[float, bool]], played: list[int]) -> evaluate.Scored:
        heard = [(velocity, 2 * velocity) for velocity in played]
        return evaluate.Scored(
            corpus, "a", perfect, [0.0], [0.1], heard, said, 20.0, [0.001], 0.02, 50.0, 3
        )

    results = [
        scored("piano", [(0.95, True), (0.91, True), (0.25, False)], [20, 40, 30]),
        scored("voice", [(0.92, False)], []),
    ]
    table = evaluate.reliability(results)
    assert list(table) == ["0.2 to 0.3", "0.9 to 1.0", "mean"]
    assert table["0.2 to 0.3"] == {"notes": 1, "confidence": 0.25, "right": 0}
    # A corpus counts as a whole: two of three notes here, the only one there.
    assert table["0.9 to 1.0"]["right"] == pytest.approx((2 / 3) / (2 / 3 + 1))
    summary = evaluate.summary(results)
    assert summary["piano"]["velocity"] == pytest.approx(1)
    assert np.isnan(summary["voice"]["velocity"])
    assert summary["mean"]["velocity"] == pytest.approx(1)
    assert summary["piano"]["per_10_s"] == pytest.approx(1.5)


def test_a_softer_recording_is_scored_softer(tiny_checkpoint: Path) -> None:
    transcriber = Transcriber.load(tiny_checkpoint)
    samples = tones(sample_rate=transcriber.features.sample_rate)
    recording = Recording("tones", "one", "test", "CC0", (samples, []), _given)
    plain = evaluate.score(recording, transcriber)
    assert plain.confidences
    assert evaluate.score(recording, transcriber, Manner(gain_db=-120.0)).confidences == []


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sets of labelled audio."""
    folder = tmp_path_factory.mktemp("songs")
    for corpus, name in (("flute", "one"), ("flute", "two"), ("organ", "three")):
        (folder / corpus).mkdir(exist_ok=True)
        soundfile.write(folder / corpus / f"{name}.wav", tones(1.0), TONE_RATE)
        lines = [f"{0.25 * i},{0.25 * i + 0.2},{60 + 4 * i},80" for i in range(4)]
        text = "\n".join(["start_s,end_s,midi_pitch,velocity", *lines, ""])
        (folder / corpus / f"{name}.csv").write_text(text)
    return folder


@pytest.fixture(scope="module")
def data(songs: Path) -> Path:
    out = songs.parent / "data.h5"
    words = ["-a", "process-test", "--corpus", f"folder:{songs}", "--out", str(out),
             "--batch-seconds", "1"]  # fmt: skip
    assert main(words) == 0
    return out


def test_the_command_scores_data_and_recordings(
    songs: Path, data: Path, tiny_checkpoint: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    scores, picture = tmp_path / "out" / "scores.json", tmp_path / "scores.png"
    words = [
        "-a", "test", "--data", str(data), "--recordings", str(songs),
        "--checkpoint", str(tiny_checkpoint), "--thresholds", "0.2", "0.8",
        "--allowed-errors", "3", "--json", str(scores), "--picture", str(picture),
    ]  # fmt: skip
    assert main(words) == 0
    told = capsys.readouterr()
    assert told.err == ""
    rows = [line.split("|")[1].strip() for line in told.out.splitlines() if line.startswith("|")]
    names = [row for row in rows if not row.startswith(":-")]
    assert [row for row in names if " to " not in row] == [
        "piece", "flute/one", "flute/two", "organ/three",
        "corpus", "flute", "organ", "all pieces",
        "threshold", "0.2", "0.8",
        "recording", "flute/one", "flute/two", "organ/three",
        "corpus", "flute", "organ", "mean", "confidence", "mean",
    ]  # fmt: skip
    written = json.loads(scores.read_text())
    assert written["frames"]["threshold"] == 0.4
    assert written["frames"]["allowed_errors"] == 3
    assert set(written["frames"]["corpora"]) == {"flute", "organ", "all pieces"}
    assert set(written["frames"]["thresholds"]) == {"0.2", "0.8"}
    assert 0 < written["frames"]["pieces"]["flute/one"]["ap"] < 1
    assert written["notes"]["corpora"]["flute"]["recordings"] == 2
    assert {"note", "note+off", "frame", "delay_ms", "delay_p95_ms", "hop_mean"} <= set(
        written["notes"]["recordings"]["organ/three"]
    )
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert not list(tmp_path.rglob("*.part"))


def _with(path: Path, out: Path, **changes: object) -> Path:
    checkpoint.save(dataclasses.replace(checkpoint.load(path), **changes), out)  # type: ignore
    return out


def test_held_out_pieces_alone_are_scored_when_asked(
    data: Path, tiny_checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["-a", "test", "--data", str(data), "--held-out", "--checkpoint"]
    assert main([*words, str(tiny_checkpoint)]) == 1
    assert "it names no held-out pieces" in capsys.readouterr().err
    notes = {"held_out": json.dumps(["organ/three", "organ/ten"])}
    held = _with(tiny_checkpoint, tmp_path / "held.safetensors", notes=notes)
    assert main([*words, str(held)]) == 0
    told = capsys.readouterr().out
    assert "| organ/three |" in told
    assert "flute" not in told
    other = _with(tiny_checkpoint, tmp_path / "other.safetensors",
                  notes={"held_out": json.dumps(["violin/one"])})  # fmt: skip
    assert main([*words, str(other)]) == 1
    assert "none of the 1 pieces that it held out is in the data" in capsys.readouterr().err


def test_data_of_another_hop_is_refused_naming_both(
    data: Path, tiny_checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = _with(tiny_checkpoint, tmp_path / "other.safetensors",
                  features=FeatureConfig(hop_length=256))  # fmt: skip
    assert main(["-a", "test", "--data", str(data), "--checkpoint", str(other)]) == 1
    told = capsys.readouterr().err
    assert told == f"training: {other} and {data} differ: hop_length 256 against 441\n"


def test_by_note_name_everything_has_twelve_rows(
    songs: Path, data: Path, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    network = dataclasses.replace(checkpoint.load(tiny_checkpoint).network, only_note_names=True)
    names = _with(tiny_checkpoint, tmp_path / "names.safetensors", network=network)
    twelve = tmp_path / "twelve.h5"
    process = ["-a", "process-test", "--corpus", f"folder:{songs}", "--out", str(twelve),
               "--batch-seconds", "1", "--only-note-names"]  # fmt: skip
    assert main(process) == 0
    found = []
    for number, (network_path, file) in enumerate(
        ((names, twelve), (names, data), (tiny_checkpoint, twelve), (tiny_checkpoint, data))
    ):
        out = tmp_path / f"{number}.json"
        words = ["-a", "test", "--data", str(file), "--checkpoint", str(network_path),
                 "--only-note-names", "--json", str(out)]  # fmt: skip
        assert main(words) == 0
        found.append(json.loads(out.read_text())["frames"]["corpora"])
    assert found[0] == found[1] == found[2] == found[3]


def test_a_damaged_recording_is_named_and_the_rest_scored(
    songs: Path, tiny_checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    for suffix in (".wav", ".csv"):
        (folder / f"good{suffix}").write_bytes((songs / "flute" / f"one{suffix}").read_bytes())
        (folder / f"bad{suffix}").write_bytes((songs / "flute" / f"two{suffix}").read_bytes())
    (folder / "bad.wav").write_bytes(b"RIFF but no music")
    words = ["-a", "test", "--recordings", str(folder), "--checkpoint", str(tiny_checkpoint)]
    assert main(words) == 1
    told = capsys.readouterr()
    assert told.err.startswith(f"left out: {folder / 'bad.wav'}: ")
    assert "| set/good " in told.out

    (folder / "good.csv").unlink()
    assert main([*words, "--picture", str(tmp_path / "x.png")]) == 1
    told = capsys.readouterr()
    assert told.err.startswith(f"training: no recording could be scored: {folder / 'bad.wav'}: ")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "test needs --data FILE.h5 or --recordings FOLDER"),
        (["--recordings", "x", "--held-out"], "--held-out needs the --data FILE.h5"),
        (["--data", "x", "--picture", "x.xyz"], "--picture x.xyz is none of .png, .svg, .pdf"),
        (["--data", "x", "--device", "abacus"], "--device abacus: this machine or this PyTorch"),
    ],
)
def test_contradictory_options_are_refused_with_one_sentence(
    capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["-a", "test", *words])
    assert refused.value.code == 2
    told = capsys.readouterr().err
    assert sentence in told
    assert told.count("\n") == 1


def test_silence_that_is_heard_as_silence_has_no_score(
    songs: Path, tiny_checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sets = tmp_path / "sets"
    (sets / "still").mkdir(parents=True)
    (sets / "flute").mkdir()
    for suffix in (".wav", ".csv"):
        content = (songs / "flute" / f"one{suffix}").read_bytes()
        (sets / "flute" / f"one{suffix}").write_bytes(content)
    for folder, samples in (("still", np.zeros(TONE_RATE)), ("flute", tones(1.0))):
        soundfile.write(sets / folder / "rest.wav", samples, TONE_RATE)
        (sets / folder / "rest.csv").write_text("start_s,end_s,midi_pitch,velocity\n")

    def score(folder: Path) -> dict[str, dict[str, dict[str, float]]]:
        out = tmp_path / "scores.json"
        assert main(["-a", "test", "--recordings", str(folder), "--checkpoint",
                     str(tiny_checkpoint), "--json", str(out), "--picture",
                     str(tmp_path / "x.png")]) == 0  # fmt: skip
        return json.loads(out.read_text())["notes"]

    alone, notes = score(songs / "flute"), score(sets)
    rest = notes["recordings"]["still/rest"]
    assert [rest[key] for key in ("note", "precision", "note+off", "frame")] == [None] * 4
    assert rest["false_per_10_s"] == 0
    assert "| still/rest |     – |" in capsys.readouterr().out
    # It pulls no mean down, and neither does a rest in which notes are heard: it counts them.
    wrong = notes["recordings"]["flute/rest"]
    assert wrong["note"] is None
    assert wrong["false_per_10_s"] == wrong["per_10_s"] > 10
    one = alone["recordings"]["flute/one"]["note"]
    assert notes["corpora"]["flute"]["note"] == one == notes["corpora"]["mean"]["note"]
    assert notes["corpora"]["still"]["note"] is None


def test_pieces_of_one_name_have_rows_of_their_own(
    songs: Path, data: Path, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    for part in ("a", "b"):
        (tmp_path / "sets" / part / "flute").mkdir(parents=True)
        for suffix in (".wav", ".csv"):
            content = (songs / "flute" / f"one{suffix}").read_bytes()
            (tmp_path / "sets" / part / "flute" / f"one{suffix}").write_bytes(content)
    copy, out = tmp_path / "copy.h5", tmp_path / "scores.json"
    copy.write_bytes(data.read_bytes())
    assert main(["-a", "test", "--recordings", str(tmp_path / "sets"), "--data", str(data),
                 "--data", str(copy), "--checkpoint", str(tiny_checkpoint), "--json",
                 str(out)]) == 0  # fmt: skip
    written = json.loads(out.read_text())
    assert list(written["notes"]["recordings"]) == ["flute/a/flute/one", "flute/b/flute/one"]
    pieces = written["frames"]["pieces"]
    assert len(pieces) == 6
    assert pieces["organ/three"] == pieces["organ/three (2)"]


def test_accuracy_is_said_at_each_threshold(
    data: Path, tiny_checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["-a", "test", "--data", str(data), "--checkpoint", str(tiny_checkpoint),
             "--thresholds", "0", "0.5", "1", "--allowed-errors", "2"]  # fmt: skip
    assert main(words) == 0
    said = capsys.readouterr().out
    table = said[said.index("Accuracy at each threshold; passed: at most 2 wrong notes") :]
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in table.splitlines() if line.startswith("|")
    ]  # fmt: skip
    assert rows[0][:2] == ["threshold", "accuracy"]
    assert [row[0] for row in rows[2:]] == ["0", "0.5", "1"]
    # At 0 every note is found in every frame, at 1 none is.
    every, some, none = (dict(zip(rows[0], row, strict=True)) for row in rows[2:])
    assert (every["recall"], none["recall"]) == ("1.000", "0.000")
    assert 0 < float(every["accuracy"]) < 0.1
    assert every["passed"] == "0.0%"
    assert float(none["passed"].strip("%")) > 90
    assert some["accuracy"] != every["accuracy"]


def test_scores_are_never_written_over_what_is_read(
    songs: Path, tiny_checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = next(songs.rglob("*.csv"))
    before = labels.read_bytes()
    with pytest.raises(SystemExit):
        main(["-a", "test", "--recordings", str(songs), "--checkpoint", str(tiny_checkpoint),
              "--json", str(labels)])  # fmt: skip
    assert "which would be lost" in capsys.readouterr().err
    assert labels.read_bytes() == before
