"""The options of `tune`, `test` and `plot`."""

from __future__ import annotations

from pathlib import Path

from model.config import ANSWERS
from training.command.parser import Group, Parser
from training.command.values import natural, positive, probability


def add(parser: Parser) -> None:
    """Adds the groups."""
    _add_tune(Group(parser, "tune", ("tune",)))
    _add_test(Group(parser, "test", ("test",)))
    _add_plot(Group(parser, "plot", ("plot",)))


def _add_tune(group: Group) -> None:
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
        "--answer", choices=ANSWERS, default=ANSWERS[0], used_by=("tune", "test"),
        help="of a network that speaks twice about each moment, the answer to tune, or to score",
    )
    group.add_argument(
        "--study", type=Path, default=Path("build/study.log"), metavar="FILE",
        help="file that processes share to search together",
    )


def _add_test(group: Group) -> None:
    group.add_argument(
        "--recordings", type=Path, metavar="FOLDER",
        help="labelled audio, one folder for each set, scored through the streaming transcriber "
        "(default: none)",
    )
    group.add_argument(
        "--gain-db", type=float, default=0.0,
        help="make the recordings so much louder first, or softer when negative",
    )
    group.add_argument(
        "--test-dev", action="store_true",
        help="score the dev model, dev.safetensors as train-val writes it, in place of the final "
        "one; --checkpoint counts more",
    )
    group.add_argument(
        "--held-out", action="store_true",
        help="score the pieces that train-val held out, in place of all of --data",
    )
    group.add_argument(
        "--thresholds", type=probability, nargs="*", default=[],
        help="also report accuracy, precision and recall at these probabilities, 0 to 1",
    )
    group.add_argument(
        "--allowed-errors", type=natural, default=0, metavar="K",
        help="report the share of frames with at most K wrong notes",
    )
    group.add_argument(
        "--json", type=Path, metavar="FILE", help="write the scores there too (default: nowhere)"
    )
    group.add_argument(
        "--picture", type=Path, metavar="FILE.png",
        help="draw the scores there, as .png, .svg or .pdf (default: nowhere)",
    )


def _add_plot(group: Group) -> None:
    group.add_argument(
        "--log", type=Path, nargs="+", default=[], metavar="FILE",
        help="logs of the runs to draw beside each other, or their checkpoints",
    )
