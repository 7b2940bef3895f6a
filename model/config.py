"""The three frozen configurations that travel inside every checkpoint.

One `FeatureConfig` is read by the data set builder, the trainer and the app, so that they cannot
disagree about what the network was trained to hear.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from model.config_limits import require_sizes
from model.pitch import (
    A4_HZ,
    LOWEST_PITCH,
    N_NOTE_NAMES,
    N_PITCHES,
    NOTE_NAME_OCTAVE,
    STANDARD_A4,
)

# Which frame tells what sounds at a moment: the one in whose hop it lies, or the one whose shortest
# analysis window has its centre nearest.
READ_OUTS = ("hop", "nearest-window")
# What turns frames into probabilities: the program's own network, and simple ones to compare with.
NETWORKS = ("noteglow", "linear", "mlp", "cnn")

# What a network says of a moment: at once, and when it has heard how it went on.
Answer = Literal["early", "settled"]
ANSWERS: tuple[Answer, Answer] = ("early", "settled")

Config = TypeVar("Config", bound="FeatureConfig | NetworkConfig | DecoderConfig")


@dataclass(frozen=True)
class FeatureConfig:
    """How sound becomes spectrogram frames.

    Attributes:
        sample_rate: rate in Hz that the samples must have.
        hop_length: samples between frames.
        windows: lengths in samples of the analysis windows, one input channel each. All of them
            end at the frame's newest sample: long ones part low notes, short ones catch onsets.
        bins_per_octave: log-frequency bins per octave, a multiple of 12.
        n_octaves: octaves covered, upward from A0.
        a4: frequency in Hz of the pitch A4.
        range_db: how far below the running level the logarithm reaches before it turns linear.
        level_floor_db: the running level never falls below this (dB relative to full scale), so
            that silence is not blown up into notes.
        level_fall_db_per_s: how fast the running level forgets a loud sound.
    """

    sample_rate: int = 22_050
    hop_length: int = 441
    windows: tuple[int, ...] = (1024, 3072, 8192)
    bins_per_octave: int = 36
    n_octaves: int = 8
    a4: float = STANDARD_A4
    range_db: float = 60.0
    level_floor_db: float = -75.0
    level_fall_db_per_s: float = 2.0

    def __post_init__(self) -> None:
        _require(self.sample_rate > 0, "sample_rate", self.sample_rate, "positive")
        _require(self.hop_length > 0, "hop_length", self.hop_length, "positive")
        _require(
            bool(self.windows) and min(self.windows) >= self.hop_length,
            "windows", self.windows, f"at least the hop length, {self.hop_length} samples",
        )
        _require(
            self.bins_per_octave > 0 and self.bins_per_octave % 12 == 0,
            "bins_per_octave", self.bins_per_octave, "a positive multiple of 12",
        )
        _require(self.n_octaves * 12 >= N_PITCHES, "n_octaves", self.n_octaves, "at least 8")
        low, high = A4_HZ
        _require(low <= self.a4 <= high, "a4", self.a4, f"between {low:g} and {high:g} Hz")

    @property
    def bins_per_semitone(self) -> int:
        return self.bins_per_octave // 12

    @property
    def n_bins(self) -> int:
        return self.bins_per_octave * self.n_octaves

    @property
    def frames_per_second(self) -> float:
        return self.sample_rate / self.hop_length

    def bin_pitch(self, bin_index: float) -> float:
        """Fractional MIDI pitch at the centre of a log-frequency bin."""
        middle = self.bins_per_semitone // 2
        return LOWEST_PITCH + (bin_index - middle) / self.bins_per_semitone

    def centre_lag_frames(self) -> float:
        """Frames from the middle of a hop to the frame whose shortest window has its centre there.

        A window ends with its frame's hop, so that its centre lies half a window before that.
        """
        return min(self.windows) / self.hop_length / 2 - 0.5

    def frame_end_s(self, frame: float) -> float:
        """Time in seconds of a frame's newest sample (the sample after it, exactly)."""
        return (frame + 1) * self.hop_length / self.sample_rate


@dataclass(frozen=True)
class NetworkConfig:
    """Shape of the network.

    Attributes:
        kind: "noteglow", or a baseline of `model.baselines`, which has no use for most of the rest.
        stem_channels: channels of the first convolution, at full frequency resolution.
        channels: channels of all later convolutions, one column of them for each semitone.
        harmonic_channels: channels that a block shifts onto each other's harmonics.
        n_blocks: harmonic blocks.
        temporal_kernel: frames that a convolution sees, 3 or 5.
        memory_units: units of the recurrent memory that every pitch has; 0 leaves it out.
        context_units: units of a recurrent memory of the whole sound, which tells speech from
            singing and a piano from a flute; 0 leaves it out.
        delay_frames: frames that pass before the network speaks about a moment (its lookahead).
        settled_delay_frames: frames that pass before it speaks about the moment for a second time,
            when it has heard how it went on; 0 leaves that answer out.
        settled_channels: channels of the layers that the second answer has for itself.
        only_note_names: 12 outputs, C to B, in place of the 88 pitches.
    """

    stem_channels: int = 16
    channels: int = 48
    harmonic_channels: int = 12
    n_blocks: int = 3
    temporal_kernel: int = 3
    memory_units: int = 48
    context_units: int = 0
    delay_frames: int = 2
    settled_delay_frames: int = 0
    settled_channels: int = 48
    only_note_names: bool = False
    kind: str = "noteglow"

    def __post_init__(self) -> None:
        _require(self.kind in NETWORKS, "kind", self.kind, f"one of {', '.join(NETWORKS)}")
        for name in ("stem_channels", "channels", "harmonic_channels", "settled_channels"):
            _require(getattr(self, name) > 0, name, getattr(self, name), "positive")
        for name in ("n_blocks", "memory_units", "context_units", "delay_frames"):
            _require(getattr(self, name) >= 0, name, getattr(self, name), "zero or more")
        _require(self.temporal_kernel in (3, 5), "temporal_kernel", self.temporal_kernel, "3 or 5")
        settled = self.settled_delay_frames
        _require(
            settled == 0 or settled > self.delay_frames, "settled_delay_frames", settled,
            f"0 or more than delay_frames, {self.delay_frames}",
        )
        _require(
            settled == 0 or self.kind == "noteglow", "settled_delay_frames", settled,
            f"0 for a network of kind {self.kind}, which has one answer",
        )

    @property
    def answers(self) -> int:
        """How often it speaks about each moment: once, or early and settled."""
        return 2 if self.settled_delay_frames else 1

    @property
    def delays(self) -> tuple[int, int]:
        """Frames that pass before the early and the settled answer; the same where there is one."""
        return self.delay_frames, self.settled_delay_frames or self.delay_frames

    @property
    def n_pitches(self) -> int:
        return N_NOTE_NAMES if self.only_note_names else N_PITCHES

    @property
    def lowest_pitch(self) -> int:
        """MIDI pitch of the first output; the names of note-name mode stand from C4 on."""
        return NOTE_NAME_OCTAVE if self.only_note_names else LOWEST_PITCH


@dataclass(frozen=True)
class DecoderConfig:
    """How probabilities become notes, forward in time only.

    Attributes:
        onset_threshold: a note starts when its onset probability rises to this.
        confirm_threshold: and its frame probability confirms it by having reached this; 0 asks
            for no confirmation.
        late_threshold: a note whose onset reached only this is said late, when its frame
            probability has confirmed it for some frames; 0 says none late.
        late_confirm_threshold: what its frame probability must have reached.
        late_frames: in so many frames, one after the other.
        late_confidence: share of the late notes that are right: their faint onsets alone would
            make them look less sure than they are; 0 asks their onsets nevertheless.
        held_frames: a note without any onset is said too, once its frame probability has reached
            `late_confirm_threshold` for so many frames; 0 says none.
        held_confidence: share of such notes whose beginning is right.
        frame_threshold: a note ends when its frame probability stays below this.
        release_frames: for so many frames.
        min_note_ms: a sounding note is not ended earlier than this after its onset.
        onset_bias_ms: what times that are found lie after the true ones on validation data.
        onset_rise_ms: what a sure onset lies after the true one besides: so much, and so much times
            the onset probability one frame before, two frames before and, where there is a fourth
            number, on its own frame. One that was half heard before began before.
        late_bias_ms, held_bias_ms: the same of late notes and of those without any onset.
        monophonic: one note sounds at a time; see `MonophonicDecoder`.
        read_out: one of `READ_OUTS`, for frame probabilities alone: onsets are said of their hops.
        reliability: points (onset probability, share of the notes that are right there) that
            onset probabilities are made into confidences by, both rising; none: as they are.
    """

    onset_threshold: float = 0.5
    confirm_threshold: float = 0.0
    late_threshold: float = 0.0
    late_confirm_threshold: float = 0.7
    late_frames: int = 3
    late_confidence: float = 0.0
    held_frames: int = 0
    held_confidence: float = 0.0
    frame_threshold: float = 0.4
    release_frames: int = 2
    min_note_ms: float = 40.0
    onset_bias_ms: float = 0.0
    onset_rise_ms: tuple[float, ...] = (0.0, 0.0, 0.0)
    late_bias_ms: float = 0.0
    held_bias_ms: float = 0.0
    reliability: tuple[tuple[float, float], ...] = ()
    monophonic: bool = False
    read_out: str = "hop"

    def __post_init__(self) -> None:
        for name in ("onset_threshold", "frame_threshold"):
            value = getattr(self, name)
            _require(0 < value < 1, name, value, "between 0 and 1")
        for name in ("confirm_threshold", "late_threshold", "late_confirm_threshold"):
            value = getattr(self, name)
            _require(0 <= value < 1, name, value, "0 or more and below 1")
        for name in ("late_confidence", "held_confidence"):
            _require(0 <= getattr(self, name) <= 1, name, getattr(self, name), "between 0 and 1")
        _require(self.held_frames >= 0, "held_frames", self.held_frames, "zero or more")
        _require(self.late_frames >= 1, "late_frames", self.late_frames, "at least 1")
        _require(self.release_frames >= 1, "release_frames", self.release_frames, "at least 1")
        _require(self.min_note_ms >= 0, "min_note_ms", self.min_note_ms, "zero or more")
        _require(
            self.read_out in READ_OUTS, "read_out", self.read_out,
            f"one of {', '.join(READ_OUTS)}",
        )
        rise = self.onset_rise_ms
        _require(len(rise) in (3, 4), "onset_rise_ms", rise, "three or four numbers")
        rising = all(
            x < further and y <= higher
            for (x, y), (further, higher) in itertools.pairwise(self.reliability)
        )
        inside = all(0 <= value <= 1 for point in self.reliability for value in point)
        _require(
            rising and inside, "reliability", self.reliability, "points between 0 and 1 that rise"
        )

    def rise_ms(self, two_before: float, one_before: float, onset: float) -> float:
        """What a sure onset lies after the true one, by the onset probabilities up to its frame."""
        base, by_one, by_two, *by_own = self.onset_rise_ms
        return base + by_one * one_before + by_two * two_before + onset * sum(by_own)

    def with_onset_threshold(self, threshold: float) -> DecoderConfig:
        """The same with more or fewer notes: the thresholds of late ones move along."""
        share = threshold / self.onset_threshold
        return dataclasses.replace(
            self,
            onset_threshold=threshold,
            late_threshold=min(0.99, share * self.late_threshold),
            late_confirm_threshold=min(0.99, share * self.late_confirm_threshold),
        )


def to_json(config: FeatureConfig | NetworkConfig | DecoderConfig) -> str:
    """The configuration as one line of JSON."""
    return json.dumps(dataclasses.asdict(config), sort_keys=True)


def from_json(kind: type[Config], text: str) -> Config:
    """The configuration that `to_json` wrote.

    Raises:
        ValueError: the text is not JSON, or a name or a value in it does not fit.
    """
    try:
        values: Any = json.loads(text)
    except RecursionError:
        raise ValueError(f"{kind.__name__} is nested too deeply") from None
    if not isinstance(values, dict):
        raise ValueError(f"{kind.__name__} must be a JSON object, not {text[:50]}")
    known = {field.name for field in dataclasses.fields(kind)}
    unknown = sorted(values.keys() - known)
    if unknown:
        raise ValueError(f"{kind.__name__} has no setting named {', '.join(unknown)}")
    require_sizes(values)
    if "windows" in values:
        values["windows"] = tuple(values["windows"])
    if "onset_rise_ms" in values:
        values["onset_rise_ms"] = tuple(map(float, values["onset_rise_ms"]))
    if "reliability" in values:
        values["reliability"] = tuple((float(x), float(y)) for x, y in values["reliability"])
    return kind(**values)


def difference(
    left: FeatureConfig | NetworkConfig, right: FeatureConfig | NetworkConfig
) -> str:
    """Names both values of every setting in which two configurations differ; "" if in none."""
    return ", ".join(
        f"{field.name} {getattr(left, field.name)} against {getattr(right, field.name)}"
        for field in dataclasses.fields(left)
        if getattr(left, field.name) != getattr(right, field.name)
    )


def _require(holds: bool, name: str, value: object, wanted: str) -> None:
    if not holds:
        raise ValueError(f"{name} must be {wanted}, not {value}")
