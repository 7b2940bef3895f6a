"""The options of `train` and `train-val`."""

from __future__ import annotations

import argparse
from pathlib import Path

from training.command import values
from training.command.parser import TRAIN, Group, Parser
from training.command.values import natural, positive, positive_real, real, share

NETWORKS = ("noteglow", "linear", "mlp", "cnn")
SCHEDULES = ("steps", "cosine")
READ_OUTS = ("hop", "nearest-window")

_TRAIN = (*TRAIN, "tune")


def add(parser: Parser) -> None:
    """Adds the groups."""
    _add_data(Group(parser, "train, train-val: data and files", TRAIN))
    _add_network(Group(parser, "train, train-val: the network", _TRAIN))
    _add_steps(Group(parser, "train, train-val: steps", _TRAIN))
    _add_loss(Group(parser, "train, train-val: loss and variation", _TRAIN))
    _add_machine(Group(parser, "train, train-val: the machine", _TRAIN))


def _add_data(group: Group) -> None:
    group.add_argument(
        "--data", action="append", default=[], type=Path, metavar="FILE.h5",
        used_by=(*_TRAIN, "test"),
        help="clips to use, may be repeated; a file named twice counts twice",
    )
    group.add_argument(
        "--data-shares", type=positive_real, nargs="*", default=[], metavar="SHARE",
        help="how much of an epoch is drawn from each --data file, in their order, as 2 1 1 "
        "(default: every clip once)",
    )
    group.add_argument(
        "--end-weights", type=values.probability, nargs="*", default=[], metavar="WEIGHT",
        help="what the ends of the notes of each --data file count, in their order: less than 1 "
        "where labels tell beginnings better than ends (default: 1)",
    )
    group.add_argument(
        "--checkpoint", type=Path, metavar="FILE",
        used_by=(*_TRAIN, "test", "export", "train-beats"),
        help="train, train-beats: weights to start from; tune, export: checkpoint to use; test: to "
        "score (default: final.safetensors, with --test-dev dev.safetensors; the program's own "
        "where there is none)",
    )
    group.add_argument(
        "--resume", action="store_true", help="go on from the state that lies beside --out"
    )
    group.add_argument(
        "--anew", action="store_true",
        help="begin anew where a run lies at --out; the run that lies there is kept under a number",
    )
    group.add_argument(
        "--save-minutes", type=real, default=5.0,
        help="minutes between two savings of the state inside an epoch",
    )
    group.add_argument(
        "--keep-epochs", type=natural, default=0, metavar="N",
        help="keep the checkpoints of the last N epochs as well, as OUT.epoch-1 and so on",
    )
    group.add_argument(
        "--tensorboard", type=Path, metavar="FOLDER",
        help="also log for TensorBoard there (default: nowhere)",
    )
    group.add_argument(
        "--validation-data", action="append", default=[], type=Path, metavar="FILE.h5",
        used_by=("train-val", "tune"),
        help="pieces to hold out, in place of a share of --data; may be repeated",
    )
    group.add_argument(
        "--validation-share", type=share, default=0.1, used_by=("train-val", "tune"),
        help="share of the pieces that is held out",
    )
    group.add_argument(
        "--patience", type=positive, default=3, used_by=("train-val", "tune"),
        help="stop after so many epochs without a better score",
    )


def _add_network(group: Group) -> None:
    group.add_argument("--network", choices=NETWORKS, default="noteglow", help="kind of network")
    group.add_argument(
        "--c", type=positive_real, metavar="FACTOR",
        help="multiplies the number of convolutional channels, 48 and 16 in the first layer; with "
        "--checkpoint it may only make it wider (default: 1)",
    )
    group.add_argument(
        "--channels", type=values.channels,
        help="the number of channels itself, in place of --c; more than --checkpoint has make it "
        "wider (default: 48)",
    )
    group.add_argument(
        "--context", type=values.units, metavar="UNITS",
        help="a memory of the whole sound, which --checkpoint gets if it has none (default: 0)",
    )
    group.add_argument("--blocks", type=values.blocks, default=3, help="harmonic blocks")
    group.add_argument(
        "--temporal-kernel", type=int, choices=(3, 5), default=3,
        help="frames that a convolution sees",
    )
    group.add_argument(
        "--delay-frames", type=natural, nargs="*", default=[], metavar="FRAMES",
        help="frames that the network waits before it speaks; higher hears better, later. With a "
        "second number it speaks twice, early and settled, as in 1 12. --checkpoint learns to "
        "wait so long, and gets the second answer if it has none (default: 2, or those of "
        "--checkpoint)",
    )
    group.add_argument(
        "--only-settled", action="store_true",
        help="of a network with two answers, only the settled one learns: the early one stays to "
        "the last bit what it was",
    )
    group.add_argument(
        "--frozen-norms", action="store_true",
        help="batch norms keep the statistics of --checkpoint: what it has heard of one kind of "
        "sound is not lost to another, and a step is shorter",
    )
    group.add_argument(
        "--read-out", choices=READ_OUTS, used_by=(*TRAIN, "test"),
        help="which frame tells what sounds at a moment: the one in whose hop it lies, or the one "
        "whose shortest window's centre is nearest, which takes half a window longer; training "
        "writes it into the checkpoint (default: hop, or that of --checkpoint)",
    )


def _add_steps(group: Group) -> None:
    group.add_argument("--num-epochs", type=positive, default=10, help="passes over all clips")
    group.add_argument(
        "--batch-size", type=positive, default=8, used_by=(*_TRAIN, "test"),
        help="clips per step, in all",
    )
    group.add_argument(
        "--accumulate", type=positive, default=1, metavar="PARTS",
        help="compute the gradient of a step in so many parts, one after the other: takes less "
        "memory, a little more time",
    )
    group.add_argument("--lr", type=positive_real, default=2e-3, help="learning rate")
    group.add_argument(
        "--schedule", choices=SCHEDULES, default="steps",
        help="how the learning rate falls: at --milestones, or along half a cosine",
    )
    group.add_argument(
        "--milestones", type=values.epochs, nargs="*", default=[], action=values.Joined,
        metavar="EPOCH",
        help="steps: epochs after which the learning rate is multiplied by --gamma, as 10 20 or "
        "10,20",
    )
    group.add_argument(
        "--gamma", type=positive_real, default=0.3,
        help="steps: what the learning rate is multiplied by at each of --milestones",
    )
    group.add_argument(
        "--weight-decay", type=real, default=1e-4, help="AdamW's decay of all weights"
    )
    group.add_argument(
        "--clip-gradient", type=real, default=5.0, metavar="NORM",
        help="longer gradients are shortened to this norm; 0 leaves them",
    )
    group.add_argument(
        "--average-decay", type=values.decay, default=0.998,
        help="decay at each step of the moving average of the weights, which is what is shipped; 0 "
        "ships the last weights",
    )


def _add_loss(group: Group) -> None:
    group.add_argument(
        "--onset-alpha", type=share, default=0.9,
        help="alpha of the focal loss of onsets: an onset's share of the weight against silence; "
        "higher finds more notes",
    )
    group.add_argument(
        "--frame-weight", type=positive_real, default=0.25,
        help="how much sounding notes count in the loss beside onsets",
    )
    group.add_argument(
        "--velocity-weight", type=positive_real, default=8.0,
        help="how much velocities count in the loss beside onsets",
    )
    group.add_argument(
        "--onset-frames", type=positive, default=3,
        help="an onset is asked for on so many frames from its own on",
    )
    group.add_argument(
        "--augment-share", type=values.probability, default=0.5,
        help="share of the clips that are transposed, and of those whose tone is changed; 0 for "
        "none",
    )
    group.add_argument(
        "--augment-semitones", type=int, choices=range(13), default=3, metavar="N",
        help="the furthest that a clip is transposed, up or down, 0 to 12",
    )
    group.add_argument(
        "--augment-tilt-db", type=real, default=3.0, metavar="DB",
        help="how far the tone is changed at a frequency, as a standard deviation in dB",
    )


def _add_machine(group: Group) -> None:
    group.add_argument(
        "--device", default="cpu", used_by=(*_TRAIN, "test"), help="cpu, cuda or mps"
    )
    group.add_argument(
        "--amp", action=argparse.BooleanOptionalAction, default=False,
        help="compute in bfloat16 where it is safe",
    )
    group.add_argument(
        "--compile", action=argparse.BooleanOptionalAction, default=False,
        help="compile the network before training, worth it on a GPU",
    )
