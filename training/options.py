"""The command line of `python -m training`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from training.datasets import options as build_options

ACTIONS = ("process-train", "process-test", "train", "train-val", "tune", "test", "export")
CORPORA = ("musicnet", "maestro", "maps", "guitarset", "folder", "synthetic")
NETWORKS = ("noteglow", "linear", "mlp", "cnn")
LABELS = ("hop", "window", "centre")
SCHEDULES = ("steps", "cosine")


class UsageError(ValueError):
    """Options contradict each other or something that is needed is missing; one sentence."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One sentence, not the whole list of options above it."""
        self.exit(2, f"training: {message}\n")


def parser() -> argparse.ArgumentParser:
    """All options of all actions."""
    made = _Parser(
        prog="python -m training",
        description="Builds data sets, trains the network and scores it.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        allow_abbrev=False,
    )
    made.add_argument("-a", "--action", required=True, choices=ACTIONS, help="what to do")
    made.add_argument(
        "--out", type=Path, metavar="PATH",
        help="process: data file; train: checkpoint to write; export: ONNX file, beside "
        "--checkpoint if not given",
    )
    made.add_argument("--seed", type=natural, default=0)
    made.add_argument(
        "--num-workers", type=natural, default=0, help="processes beside the main one"
    )
    _add_process(made.add_argument_group("process-train, process-test"))
    _add_synthetic(made.add_argument_group("synthetic recordings"))
    _add_train(made.add_argument_group("train, train-val"))
    _add_tune(made.add_argument_group("tune"))
    _add_test(made.add_argument_group("test"))
    return made


def _add_process(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--corpus", action="append", default=[], type=_corpus, metavar="KIND:FOLDER",
        help=f"recordings to use, may be repeated; kinds: {', '.join(CORPORA)}",
    )
    group.add_argument("--sr", type=positive, default=22_050, help="sample rate in Hz")
    group.add_argument("--hop-length", type=positive, default=441, help="samples per frame")
    group.add_argument("--bins-per-octave", type=positive, default=36, help="a multiple of 12")
    group.add_argument(
        "--batch-seconds", type=positive_real, default=4.0, help="length of a clip in seconds"
    )
    group.add_argument(
        "--labels", choices=LABELS, default="hop",
        help="a frame bears a note that sounds at the middle of its hop, that its window meets, or "
        "that sounds at its window's centre",
    )
    group.add_argument(
        "--only-note-names", action="store_true",
        help="12 note names in place of 88 pitches; test: score modulo 12",
    )
    group.add_argument(
        "--musicnet-test", type=int, choices=(3, 10), default=10,
        help="musicnet: pieces in its test set, three as in 2017 or ten as in 2018",
    )
    group.add_argument(
        "--sustain-pedal", action=argparse.BooleanOptionalAction, default=True,
        help="maestro, maps, MIDI files of a folder: the pedal extends notes",
    )
    group.add_argument(
        "--variations", type=natural, default=0,
        help="further copies of each recording with other pitch, tone, room and noise",
    )
    build_options.add(group)


def _add_synthetic(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--num-recordings", type=positive, default=100, help="how many recordings to render"
    )
    group.add_argument(
        "--recording-seconds", type=positive_real, default=25.0, help="how long each of them is"
    )
    group.add_argument(
        "--first-seed", type=natural, default=0,
        help="seed of the first recording or variation; each further one takes the next",
    )
    group.add_argument(
        "--empty-share", type=share, default=0.07,
        help="share of the recordings that hold no notes: speech, noise, knocks",
    )
    group.add_argument(
        "--scenes", nargs="+", default=[], metavar="SCENE",
        help="render only these of piano, plucked, sustained, singer, invented, reeds, ensemble "
        "and empty",
    )
    group.add_argument(
        "--soundfont", action="append", default=[], type=Path, metavar="FILE.sf2",
        help="play a part of the recordings with this SoundFont, may be repeated",
    )
    group.add_argument(
        "--cache", type=Path, default=Path("build/banks"), help="folder for decoded note banks"
    )


def _add_train(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--data", action="append", default=[], type=Path, metavar="FILE.h5",
        help="clips to use, may be repeated; a file named twice counts twice",
    )
    group.add_argument(
        "--checkpoint", type=Path, metavar="FILE",
        help="train: weights to start from; tune, test, export: checkpoint to use; test: the "
        "program's own if not given",
    )
    group.add_argument("--network", choices=NETWORKS, default="noteglow")
    group.add_argument(
        "--channels", type=positive,
        help="width of the network, 48 if not given; more than --checkpoint has make it wider",
    )
    group.add_argument(
        "--context", type=natural, metavar="UNITS",
        help="a memory of the whole sound, which --checkpoint gets if it has none",
    )
    group.add_argument("--blocks", type=natural, default=3, help="harmonic blocks")
    group.add_argument(
        "--temporal-kernel", type=int, choices=(3, 5), default=3,
        help="frames that a convolution sees",
    )
    group.add_argument(
        "--delay-frames", type=natural,
        help="frames that the network waits before it speaks, 2 if not given; higher hears better, "
        "later; --checkpoint learns to wait so long",
    )
    group.add_argument("--num-epochs", type=positive, default=10)
    group.add_argument("--batch-size", type=positive, default=8, help="clips per step, in all")
    group.add_argument("--lr", type=positive_real, default=2e-3, help="learning rate")
    group.add_argument("--schedule", choices=SCHEDULES, default="steps")
    group.add_argument(
        "--milestones", type=natural, nargs="*", default=[],
        help="steps: epochs after which the learning rate is multiplied by gamma",
    )
    group.add_argument("--gamma", type=positive_real, default=0.3)
    group.add_argument(
        "--c", type=share, default=0.9,
        help="share of an onset's weight against silence in the loss; higher finds more notes",
    )
    group.add_argument(
        "--frame-weight", type=positive_real, default=0.25,
        help="how much sounding notes count in the loss beside onsets",
    )
    group.add_argument(
        "--velocity-weight", type=positive_real, default=8.0,
        help="how much velocities count in the loss beside onsets",
    )
    group.add_argument("--device", default="cpu", help="cpu, cuda or mps")
    group.add_argument(
        "--amp", action=argparse.BooleanOptionalAction, default=False,
        help="compute in bfloat16 where it is safe",
    )
    group.add_argument(
        "--compile", action=argparse.BooleanOptionalAction, default=False,
        help="compile the network before training, worth it on a GPU",
    )
    group.add_argument(
        "--resume", action="store_true", help="go on from the state that lies beside --out"
    )
    group.add_argument(
        "--tensorboard", type=Path, metavar="FOLDER", help="also log for TensorBoard there"
    )
    group.add_argument(
        "--validation-share", type=share, default=0.1,
        help="train-val: share of the pieces that is held out",
    )
    group.add_argument(
        "--validation-data", action="append", default=[], type=Path, metavar="FILE.h5",
        help="train-val: pieces to hold out, in place of a share of --data; may be repeated",
    )
    group.add_argument(
        "--patience", type=positive, default=3,
        help="train-val: stop after so many epochs without a better score",
    )


def _add_tune(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--trials", type=positive, default=20,
        help="with --data: networks to train; without: only the decoder's thresholds are chosen, "
        "on the recordings of --corpus, and written into --checkpoint",
    )
    group.add_argument(
        "--velocity", action="store_true",
        help="without --data: fit the velocity layer instead, on the notes whose velocity is known",
    )
    group.add_argument(
        "--study", type=Path, default=Path("build/study.log"), metavar="FILE",
        help="file that processes share to search together",
    )


def _add_test(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--recordings", type=Path, metavar="FOLDER",
        help="labelled audio, one folder for each set, scored through the streaming transcriber",
    )
    group.add_argument(
        "--gain-db", type=float, default=0.0,
        help="make the recordings so much louder first, or softer when negative",
    )
    group.add_argument(
        "--test-dev", action="store_true",
        help="score the pieces that train-val held out, in place of all of --data",
    )
    group.add_argument(
        "--thresholds", type=share, nargs="*", default=[],
        help="also report precision and recall at these thresholds",
    )
    group.add_argument(
        "--allowed-errors", type=natural, default=0, metavar="K",
        help="report the share of frames with at most K wrong notes",
    )
    group.add_argument("--json", type=Path, metavar="FILE", help="write the scores there too")
    group.add_argument("--picture", type=Path, metavar="FILE.png", help="draw the scores there")


def _corpus(text: str) -> tuple[str, Path]:
    kind, colon, folder = text.partition(":")
    if not colon or not folder or kind not in CORPORA:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not KIND:FOLDER with a kind of {', '.join(CORPORA)}"
        )
    return kind, Path(folder)


def _number(
    convert: Callable[[str], float], holds: Callable[[float], bool], wanted: str
) -> Callable[[str], float]:
    def parse(text: str) -> float:
        try:
            value = convert(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not {wanted}") from None
        if not holds(value):
            raise argparse.ArgumentTypeError(f"{text} is not {wanted}")
        return value

    return parse


positive = _number(int, lambda value: value > 0, "a whole number above 0")
natural = _number(int, lambda value: value >= 0, "a whole number, 0 or more")
positive_real = _number(float, lambda value: 0 < value < float("inf"), "a number above 0")
share = _number(float, lambda value: 0 < value < 1, "a number between 0 and 1")
