"""A search for how to train, shared by any number of processes and machines through one file."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.study import Study
from optuna.trial import FrozenTrial, Trial, TrialState

from training.datasets.clip_dataset import ClipFile
from training.errors import StateError
from training.options import UsageError
from training.trainer.plan import TrainOptions, settings
from training.trainer.train import train

_STUDY = "noteglow"
# What trials choose, as `settings` names it: all else must be the same in all processes.
_CHOSEN = (
    "--lr", "network channels", "network harmonic_channels", "network memory_units",
    "loss weight onset_positive", "loss weight frame",
)  # fmt: skip


@dataclass(frozen=True)
class Best:
    """The best trial: its score on held-out pieces, and what it chose, by option.

    Attributes:
        n_trials: trials of the study that came to an end.
    """

    score: float
    chosen: dict[str, float]
    n_trials: int


def search(
    files: Sequence[ClipFile], plan: TrainOptions, study_path: Path, n_trials: int
) -> Best:
    """Trains `n_trials` networks, each for the plan's epochs, and scores them on held-out pieces.

    Processes that are given the same file search together: each learns from the trials of all.

    Raises:
        UsageError: the file is not a study, or one of other data or settings.
        StateError: every trial failed.
    """
    study = _open(study_path, _conditions(files, plan))
    with tempfile.TemporaryDirectory() as folder:
        study.optimize(
            lambda trial: _score(files, plan, trial, Path(folder)),
            n_trials=n_trials,
            catch=(StateError,),
            callbacks=[_say],
        )
    ended = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    if not ended:
        raise StateError(f"{study_path}: none of the trials came to a score")
    return Best(study.best_value, study.best_params, len(ended))


def _score(files: Sequence[ClipFile], plan: TrainOptions, trial: Trial, folder: Path) -> float:
    lr = trial.suggest_float("lr", 3e-4, 1e-2, log=True)
    network = plan.network
    if network.kind in ("noteglow", "cnn"):
        channels = trial.suggest_int("channels", 16, 96, step=16)
        network = replace(
            network, channels=channels, harmonic_channels=channels // 4, memory_units=channels
        )
    weights = replace(
        plan.weights,
        onset_positive=trial.suggest_float("onset_alpha", 0.6, 0.98),
        frame=trial.suggest_float("frame_weight", 0.05, 1.0, log=True),
    )
    tried = replace(
        plan, lr=lr, network=network, weights=weights, resume=False, tensorboard=None,
        repeated_by="",
    )
    progress = train(files, folder / f"{trial.number}.safetensors", tried)
    return progress.best_score


def _say(study: Study, trial: FrozenTrial) -> None:
    score = "failed" if trial.value is None else f"{trial.value:.4f}"
    chosen = ", ".join(f"{name} {value:.4g}" for name, value in trial.params.items())
    print(f"trial {trial.number}: {score} with {chosen}", flush=True)


def _conditions(files: Sequence[ClipFile], plan: TrainOptions) -> dict[str, str]:
    """All that the trials of a study have in common."""
    common = {k: v for k, v in settings(files, plan).items() if k not in _CHOSEN}
    return common | {"--num-epochs": str(plan.num_epochs), "choices": "lr onset_alpha frame_weight"}


def _open(path: Path, conditions: dict[str, str]) -> Study:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        study = optuna.create_study(
            study_name=_STUDY,
            storage=JournalStorage(JournalFileBackend(str(path))),
            direction="maximize",
            load_if_exists=True,
        )
    except (ValueError, KeyError, TypeError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())[:100]
        raise UsageError(f"--study {path} is not a study ({reason})") from None
    before = json.loads(study.user_attrs.get("conditions", "null"))
    if before is None:
        study.set_user_attr("conditions", json.dumps(conditions))
    for name, now in conditions.items():
        if before is not None and before.get(name) != now:
            raise UsageError(
                f"--study {path} was begun with {name} {before.get(name)}, not {now}"
            )
    return study
