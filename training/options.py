"""The command line of `python -m training`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

ACTIONS = ("process-train", "process-test", "train", "tune", "test")
CORPORA = ("folder", "synthetic")


def parser() -> argparse.ArgumentParser:
    """All options of all actions."""
    made = argparse.ArgumentParser(
        prog="python -m training",
        description="Builds data sets, trains the network and scores it.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    made.add_argument("-a", "--action", required=True, choices=ACTIONS, help="what to do")
    made.add_argument("--json", type=Path, metavar="FILE", help="test: write the scores there too")

    process = made.add_argument_group("process-train, process-test, tune")
    process.add_argument(
        "--corpus", action="append", default=[], type=_corpus, metavar="KIND:FOLDER",
        help=f"recordings to use, may be repeated; kinds: {', '.join(CORPORA)}",
    )
    process.add_argument("--out", type=Path, metavar="PATH", help="file to write")
    process.add_argument("--sr", type=_positive, default=22_050, help="sample rate in Hz")
    process.add_argument("--hop-length", type=_positive, default=441, help="samples per frame")
    process.add_argument("--bins-per-octave", type=_positive, default=36)
    process.add_argument(
        "--batch-seconds", type=_positive_real, default=4.0, help="length of a clip in seconds"
    )
    process.add_argument(
        "--num-recordings", type=_positive, default=100,
        help="synthetic: how many recordings to render",
    )
    process.add_argument(
        "--recording-seconds", type=_positive_real, default=25.0, help="synthetic: their length"
    )
    process.add_argument(
        "--variations", type=_natural, default=0,
        help="further copies of each recording with other pitch, tone, room and noise",
    )
    process.add_argument(
        "--first-seed", type=_natural, default=0,
        help="seed of the first synthetic recording or variation; each further one takes the next",
    )
    process.add_argument(
        "--cache", type=Path, default=Path("build/banks"), help="folder for decoded note banks"
    )

    train = made.add_argument_group("train")
    train.add_argument(
        "--data", action="append", default=[], type=Path, metavar="FILE.h5",
        help="clips to train on, may be repeated; a file named twice counts twice",
    )
    train.add_argument("--lr", type=_positive_real, default=2e-3, help="learning rate")
    train.add_argument("--num-epochs", type=_positive, default=10)
    train.add_argument("--batch-size", type=_positive, default=8, help="clips per step")
    train.add_argument(
        "--milestones", type=_natural, nargs="*", default=[],
        help="epochs after which the learning rate is multiplied by gamma",
    )
    train.add_argument("--gamma", type=_positive_real, default=0.3)
    train.add_argument("--seed", type=_natural, default=0)
    train.add_argument("--device", default="cpu", help="cpu, cuda or mps")
    train.add_argument(
        "--amp", action=argparse.BooleanOptionalAction, default=False,
        help="compute in bfloat16 where it is safe",
    )
    train.add_argument(
        "--resume", action="store_true", help="go on from the state that lies beside --out"
    )
    train.add_argument("--channels", type=_positive, default=48, help="width of the network")
    train.add_argument("--blocks", type=_natural, default=3, help="harmonic blocks")
    train.add_argument(
        "--temporal-kernel", type=int, choices=(3, 5), default=3,
        help="frames that a convolution sees",
    )
    train.add_argument(
        "--delay-frames", type=_natural, default=2,
        help="frames that the network waits before it speaks; higher hears better, later",
    )

    test = made.add_argument_group(
        "tune, test",
        "tune chooses the decoder's thresholds on the recordings of --corpus and writes them into "
        "the checkpoint; report scores on others.",
    )
    test.add_argument("--checkpoint", type=Path, default=Path("assets/noteglow.safetensors"))
    test.add_argument(
        "--recordings", type=Path, metavar="FOLDER",
        help="labelled audio, one folder for each set, scored through the streaming transcriber",
    )
    made.add_argument(
        "--num-workers", type=_natural, default=0, help="processes beside the main one"
    )
    return made


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


_positive = _number(int, lambda value: value > 0, "a whole number above 0")
_natural = _number(int, lambda value: value >= 0, "a whole number, 0 or more")
_positive_real = _number(float, lambda value: value > 0, "a number above 0")
