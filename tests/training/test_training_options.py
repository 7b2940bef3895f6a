"""The trainer's command line: help, values, files of options, and what is odd about them."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from training.__main__ import main
from training.command import config_file
from training.command.checks import odd
from training.command.parse import options_of, parse
from training.options import UsageError, parser


def test_every_option_says_what_it_does_and_its_default() -> None:
    shown = parser()
    formatter = shown.formatter_class("x")
    for option in options_of(shown):
        assert option.help, option.dest
        text = formatter._expand_help(option)
        assert len(text.split()) >= 3, option.dest
        assert "default" in text, option.dest
        # And every option is used by something.
        assert shown.used_by[option.dest], option.dest
    said = " ".join(shown.format_help().split())
    assert "(default: 0.002)" in said
    assert "each clip that recordings are cut into" in said
    assert "a step of training takes --batch-size such clips" in said


@pytest.mark.parametrize(
    "words",
    [["--milestones", "10", "20"], ["--milestones", "10,20"], ["--milestones=10,20"]],
)  # fmt: skip
def test_milestones_are_given_with_blanks_or_commas(words: list[str]) -> None:
    assert parse(["-a", "train", *words]).milestones == [10, 20]


def test_thresholds_are_probabilities_with_both_ends() -> None:
    assert parse(["-a", "test", "--thresholds", "0", "0.5", "1"]).thresholds == [0, 0.5, 1]
    with pytest.raises(SystemExit):
        parse(["-a", "test", "--thresholds", "1.1"])


def test_given_options_are_told_from_defaults() -> None:
    options = parse(["-a", "train", "--lr", "0.002", "--no-amp"])
    assert options.given == options.typed == {"action", "lr", "amp"}
    assert (options.lr, options.amp, options.batch_size) == (0.002, False, 8)
    # Lists of defaults are nobody's own.
    options.data.append(Path("x"))
    assert parse(["-a", "train"]).data == []


def test_without_an_action_nothing_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--lr", "1"])
    assert end.value.code == 2
    assert capsys.readouterr().err.startswith("training: --action is needed: one of process-train")


# ---- a file of options ----


def test_a_file_gives_options_and_the_command_line_counts_more(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text(
        'action = "train-val"\ndata = ["a.h5", "b.h5"]\nlr = 1e-3\nmilestones = [3, 5]\n'
        "amp = true\nnum-epochs = 7\nresume = false\nchannels = 32\ncompile = false\n"
    )
    options = parse(["--config", str(path), "--num-epochs", "9", "--data", "c.h5", "--c", "2"])
    assert (options.action, options.lr, options.milestones) == ("train-val", 1e-3, [3, 5])
    assert (options.amp, options.compile, options.resume) == (True, False, False)
    assert (options.num_epochs, options.data) == (9, [Path("c.h5")])
    assert options.typed == {"config", "num_epochs", "data", "c"}
    assert {"lr", "amp", "data"} <= options.given
    # What a file holds for another action is no slip, what is typed is.
    scored = ["-a", "test", "--config", str(path), "--trials", "3"]
    assert odd(parse(scored), parser()) == ["--trials is of no use to test"]
    # Of two that exclude each other the command line's is the one that is meant.
    assert (options.c, options.channels) == (2, None)


def test_a_file_of_the_options_in_force_repeats_them(tmp_path: Path) -> None:
    words = [
        "-a", "train-val", "--data", 'odd "name".h5', "--data", "b.h5", "--milestones", "2,4",
        "--amp", "--lr", "1e-9", "--c", "0.5", "--windows", "512", "1024", "--config", "none",
    ]  # fmt: skip
    options = parse(words[:-2])
    path = tmp_path / "run.toml"
    path.write_text(config_file.text(options, parser()))
    again = parse(["--config", str(path)])
    for name, actions in parser().used_by.items():
        if "train-val" in actions and name != "config":
            assert getattr(again, name) == getattr(options, name), name
    held = tomllib.loads(path.read_text())
    # Defaults are written out, for they may change; what the data says itself is not.
    assert (held["batch_size"], held["windows"]) == (8, [512, 1024])
    assert {"hop_length", "resume", "config", "channels"}.isdisjoint(held)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("learning_rate = 1", "there is no option 'learning_rate'"),
        ("lr = ", "is not TOML"),
        ("lr = true", "True is no value of lr"),
        ("lr = 'fast'", "argument --lr: 'fast' is not a number above 0"),
        ("amp = 1", "amp is true or false, not 1"),
        ("lr = [1, 2]", "lr takes one value, not [1, 2]"),
        ("[train]\nlr = 1", "there is no option 'train'"),
        ("[lr]\nvalue = 1", "lr is a table, not a value"),
        ("config = 'x'", "there is no option 'config'"),
    ],
)
def test_a_file_that_is_wrong_is_refused_by_name(
    text: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run.toml"
    path.write_text(text)
    with pytest.raises(SystemExit) as end:
        main(["-a", "train", "--config", str(path)])
    assert end.value.code == 2
    said = capsys.readouterr().err
    assert str(path) in said
    assert sentence in said
    assert said.count("\n") == 1


def test_a_missing_file_of_options_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.toml cannot be read"):
        parse(["-a", "train", "--config", str(tmp_path / "none.toml")])


# ---- what is odd ----


@pytest.mark.parametrize(
    ("words", "sentences"),
    [
        (["-a", "process-train", "--lr", "3"], ["--lr is of no use to process-train"]),
        (["-a", "train", "--trials", "3", "--corpus", "folder:x"],
         ["--corpus is of no use to train", "--trials is of no use to train"]),
        (["-a", "test", "--out", "x"], ["--out is of no use to test"]),
        (["-a", "train", "--num-workers", "5000"], ["--num-workers 5000: this machine has"]),
        (["-a", "train", "--milestones", "5,2"], ["--milestones 5 2 do not rise"]),
        (["-a", "train", "--milestones", "5", "30"], ["epoch 30 changes nothing any more"]),
        (["-a", "train", "--lr", "3"], ["--lr 3 is far above"]),
        (["-a", "train", "--gamma", "2", "--milestones", "3"], ["makes the learning rate rise"]),
        (["-a", "process-test", "--batch-seconds", "600"], ["--batch-seconds 600: clips so long"]),
        (["-a", "train", "--hop-length", "441", "--lr", "0.01", "--milestones", "2,5"], []),
        (["-a", "process-train", "--windows", "512", "--num-workers", "2"], []),
    ],
)  # fmt: skip
def test_what_is_odd_is_said(words: list[str], sentences: list[str]) -> None:
    said = odd(parse(words), parser())
    assert len(said) == len(sentences)
    for sentence, wanted in zip(said, sentences, strict=True):
        assert wanted in sentence


def test_what_is_odd_does_not_stop_a_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["-a", "train", "--data", str(tmp_path / "none.h5"), "--scenes", "piano"]
    assert main(words) == 1
    first, second = capsys.readouterr().err.splitlines()
    assert first == "training: --scenes is of no use to train"
    assert "none.h5: there is no such data file" in second


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--batch-seconds", "1e9"], "a clip of 1e+09 s is too long to be held in memory"),
        (["--bins-per-octave", "12000"], "12000 is not a whole number from 1 to 480"),
        (["--windows", "100000000"], "100000000 is not a whole number from 1 to"),
        (["--windows", "100"], "windows must be at least the hop length"),
    ],
)
def test_sizes_are_checked_before_memory_is_asked_for(
    words: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(["-a", "process-train", "--corpus", f"folder:{tmp_path}", "--out",
              str(tmp_path / "x.h5"), *words])  # fmt: skip
    assert end.value.code == 2
    assert sentence in capsys.readouterr().err
