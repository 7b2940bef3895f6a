"""The command line of `python -m training`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from model.processes.dask_cluster import scheduler_address
from training.command import beat_options, score_options, train_options
from training.command.parser import PROCESS, TRAIN, Group, Help, Parser
from training.command.values import bins, natural, positive, positive_real, share, window
from training.datasets import options as build_options

ACTIONS = (
    "process-train", "process-test", "train", "train-val", "tune", "test", "export", "plot",
    "train-beats", "train-chords",
)
CORPORA = ("musicnet", "maestro", "maps", "guitarset", "folder", "synthetic")
LABELS = ("hop", "window", "centre")


class UsageError(ValueError):
    """Options contradict each other or something that is needed is missing; one sentence."""


def _called() -> str:
    """How the training was started: from its folder, or as an installed program."""
    name = Path(sys.argv[0]).stem
    return name if name == "noteglow-train" else "python -m training"


def parser(kind: type[Parser] = Parser) -> Parser:
    """All options of all actions, in a parser of this kind."""
    made = kind(
        prog=_called(),
        description="Builds data sets, trains the network and scores it.",
        formatter_class=Help,
        allow_abbrev=False,
    )
    group = Group(made, "all actions", ACTIONS)
    group.add_argument("-a", "--action", choices=ACTIONS, help="what to do; it must be given")
    group.add_argument(
        "--config", type=Path, metavar="FILE.toml",
        help="options by name, as training writes them beside every checkpoint; what the command "
        "line says counts more",
    )
    group.add_argument(
        "--out", type=Path, metavar="PATH", used_by=(*PROCESS, *TRAIN, "tune", "export", "plot",
                                               "train-beats", "train-chords"),
        help="file to write. process: the data file; train, train-val, train-beats, train-chords: "
        "the checkpoint (default: final.safetensors, dev.safetensors, beats.safetensors, "
        "chords.safetensors); tune: another "
        "checkpoint than --checkpoint; export: the ONNX file (default: beside --checkpoint); plot: "
        "the picture",
    )
    group.add_argument(
        "--seed", type=natural, default=0, used_by=(*TRAIN, "tune", "train-beats", "train-chords"),
        help="of first weights, order, variation and what is held out",
    )
    group.add_argument(
        "--num-workers", type=natural, default=0, used_by=(*PROCESS, *TRAIN, "tune"),
        help="processes beside the main one, which build recordings or read clips",
    )
    group.add_argument(
        "--scheduler", type=_scheduler, metavar="tcp://HOST:PORT", used_by=PROCESS,
        help="have the workers of this Dask cluster build recordings, in folders that all "
        "computers have in common; needs noteglow[cluster], and a trusted network (default: this "
        "computer alone)",
    )
    _add_process(Group(made, "process-train, process-test", PROCESS, (*TRAIN, "tune")))
    _add_synthetic(Group(made, "synthetic recordings", (*PROCESS, "tune")))
    train_options.add(made)
    score_options.add(made)
    beat_options.add(made)
    return made


def _add_process(group: Group) -> None:
    group.add_argument(
        "--corpus", action="append", default=[], type=_corpus, metavar="KIND:FOLDER",
        used_by=(*PROCESS, "tune"),
        help=f"recordings to use, may be repeated; kinds: {', '.join(CORPORA)}",
    )
    group.add_argument("--sr", type=positive, default=22_050, help="sample rate in Hz")
    group.add_argument(
        "--hop-length", type=positive, default=441, help="samples from a frame to the next"
    )
    group.add_argument(
        "--bins-per-octave", type=bins, default=36,
        help="log-frequency bins in an octave, a multiple of 12",
    )
    group.add_argument(
        "--windows", type=window, nargs="+", metavar="SAMPLES",
        help="lengths in samples of the analysis windows, an input channel each; they do not "
        "follow --sr (default: 1024 3072 8192)",
    )
    group.add_argument(
        "--batch-seconds", type=positive_real, default=4.0,
        help="length in seconds of each clip that recordings are cut into, of which 7 percent at "
        "either side overlap its neighbours; a step of training takes --batch-size such clips",
    )
    group.add_argument(
        "--labels", choices=LABELS, default="hop",
        help="a frame bears a note that sounds at the middle of its hop, that its window meets, or "
        "that sounds at its window's centre",
    )
    group.add_argument(
        "--only-note-names", action="store_true", used_by=(*PROCESS, "test"),
        checked_by=(*TRAIN, "tune"),
        help="12 note names in place of 88 pitches; test: score modulo 12",
    )
    group.add_argument(
        "--musicnet-test", type=int, used_by=(*PROCESS, "tune"), choices=(3, 10), default=10,
        help="musicnet: pieces in its test set, three as in 2017 or ten as in 2018",
    )
    group.add_argument(
        "--sustain-pedal", action=argparse.BooleanOptionalAction, used_by=(*PROCESS, "tune"),
        default=True,
        help="maestro, maps, MIDI files of a folder: the pedal extends notes",
    )
    group.add_argument(
        "--variations", type=natural, used_by=(*PROCESS, "tune"), default=0,
        help="further copies of each recording with other pitch, tone, room and noise",
    )
    build_options.add(group)


def _add_synthetic(group: Group) -> None:
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


def _scheduler(text: str) -> str:
    try:
        return scheduler_address(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _corpus(text: str) -> tuple[str, Path]:
    kind, colon, folder = text.partition(":")
    if not colon or not folder or kind not in CORPORA:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not KIND:FOLDER with a kind of {', '.join(CORPORA)}"
        )
    return kind, Path(folder)
