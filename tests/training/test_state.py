from __future__ import annotations

import errno
from pathlib import Path

import pytest
import safetensors.torch
import torch
from torch import nn

from training.errors import StateError
from training.options import UsageError
from training.trainer.state import Average, Progress, State, save_state

SETTINGS = {"network channels": "4", "--batch-size": "8", "--lr": "0.001"}


def trained(seed: int = 0, units: int = 3) -> tuple[nn.Module, torch.optim.Optimizer, Average]:
    """A network after two steps, its optimizer and its average."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = nn.Sequential(nn.Conv2d(1, units, 1, bias=False), nn.BatchNorm2d(units))
        average = Average(network, 0.9)
        optimizer = torch.optim.AdamW(network.parameters(), lr=0.1)
        for step in (1, 2):
            optimizer.zero_grad()
            network(torch.randn(2, 1, 4, 4)).square().sum().backward()
            optimizer.step()
            average.update(network, step)
    return network, optimizer, average


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "run.safetensors.state"
    progress = Progress(epoch=2, batch=3, step=19, best_score=0.1 + 0.2, best_epoch=1)
    save_state(path, *trained(), progress, SETTINGS, ["red/ü", "blue/b"])
    return path


def test_everything_comes_back_to_the_last_bit(saved: Path) -> None:
    state = State.read(saved)
    assert state.progress == Progress(2, 3, 19, 0.1 + 0.2, 1)
    assert state.held_out == ["red/ü", "blue/b"]
    assert dict(state.settings) == SETTINGS
    network, optimizer, average = trained()
    other, other_optimizer, other_average = trained(seed=5)
    state.restore(other, other_optimizer, other_average)
    restored = other.state_dict()
    for name, value in network.state_dict().items():
        assert torch.equal(value, restored[name])
    for name, value in average.weights.items():
        assert torch.equal(value, other_average.weights[name])
    # The next step is the same too: the moments and their count came back.
    frames = torch.ones(1, 1, 2, 2)
    for net, opt in ((network, optimizer), (other, other_optimizer)):
        opt.zero_grad()
        net(frames).sum().backward()
        opt.step()
    assert torch.equal(network[0].weight, other[0].weight)


def test_a_run_without_a_score_says_so(tmp_path: Path) -> None:
    save_state(tmp_path / "s", *trained(), Progress(step=2), SETTINGS)
    assert State.read(tmp_path / "s").progress.best_score == float("-inf")
    assert list(tmp_path.iterdir()) == [tmp_path / "s"]


def test_a_state_of_before_there_were_settings_is_still_read(saved: Path) -> None:
    tensors = safetensors.torch.load_file(saved)
    safetensors.torch.save_file(tensors, saved, {"epoch": "1", "batch": "4", "step": "9"})
    state = State.read(saved)
    assert state.progress == Progress(1, 4, 9)
    state.check(SETTINGS)


def test_missing_and_damaged_states_are_refused(saved: Path) -> None:
    with pytest.raises(StateError, match="no training state to resume from"):
        State.read(saved.with_name("none"))
    whole = saved.read_bytes()
    for content in (b"", b"nothing of the kind", whole[: len(whole) // 2]):
        saved.write_bytes(content)
        with pytest.raises(StateError, match=r"run\.safetensors\.state: .*damaged"):
            State.read(saved)
    tensors = safetensors.torch.load(whole)
    safetensors.torch.save_file(tensors, saved, {"epoch": "two"})
    with pytest.raises(StateError, match="damaged"):
        State.read(saved)


def test_a_state_of_another_network_is_refused(saved: Path) -> None:
    with pytest.raises(StateError, match="does not fit"):
        State.read(saved).restore(*trained(units=4))


def test_within_an_epoch_nothing_that_decides_the_rest_may_change(saved: Path) -> None:
    state = State.read(saved)
    state.check(SETTINGS)
    with pytest.raises(UsageError, match=r"--batch-size 8, not 4, .* 3 batches of epoch 3 are"):
        state.check(SETTINGS | {"--batch-size": "4"})


def test_between_epochs_all_may_change_but_the_network(tmp_path: Path) -> None:
    path = tmp_path / "s"
    save_state(path, *trained(), Progress(epoch=2, step=4), SETTINGS)
    state = State.read(path)
    assert state.check(SETTINGS) == []
    assert state.check(SETTINGS | {"--batch-size": "4", "--lr": "1"}) == [
        f"{path} goes on with --batch-size 4 in place of 8",
        f"{path} goes on with --lr 1 in place of 0.001",
    ]
    with pytest.raises(UsageError, match=r"network channels 4, not 6$"):
        state.check(SETTINGS | {"network channels": "6"})


def test_a_save_that_fails_leaves_the_old_state(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = saved.read_bytes()

    def full(self: Path, content: bytes) -> int:
        with self.open("wb") as file:
            file.write(content[: len(content) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space") as told:
        save_state(saved, *trained(seed=1), Progress(), SETTINGS)
    assert told.value.filename == str(saved)
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved]


def test_the_average_follows_fast_at_first_and_slowly_later() -> None:
    network = nn.Linear(1, 1, bias=False)
    with torch.no_grad():
        network.weight.fill_(0.0)
        average = Average(network, 0.99)
        network.weight.fill_(1.0)
    average.update(network, 1)
    assert float(average.weights["weight"]) == pytest.approx(1 - 2 / 11)
    average.weights["weight"].zero_()
    average.update(network, 100_000)
    assert float(average.weights["weight"]) == pytest.approx(0.01)
