"""The one public interface of the model: sound in, notes out, live or from a file."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.checkpoint_header import Header, read_header
from model.config import DecoderConfig, FeatureConfig, NetworkConfig
from model.decoding.decoder import Decoder
from model.head_order import FRAME, ONSET, VELOCITY
from model.heard import Heard
from model.notes import Note, Probabilities, notes_from_events
from model.pitch_tracker import PitchTracker
from model.resampler import Resampler
from model.runtimes.runtime import Runtime, open_runtime
from model.spectrogram import Spectrogram

__all__ = ["Heard", "Stream", "Transcriber"]

# How probable it is at least that a pitch sounds whose frequency is measured.
_SOUNDS = 0.1


class Stream:
    """One stream of sound being transcribed. Not thread-safe; use one for each source."""

    def __init__(self, transcriber: Transcriber, sample_rate: float) -> None:
        self._transcriber = transcriber
        self._sample_rate = sample_rate
        features = transcriber.features
        self._resampler = (
            None
            if sample_rate == features.sample_rate
            else Resampler(sample_rate, features.sample_rate)
        )
        self._spectrogram = transcriber.spectrogram.another()
        self._network = transcriber.runtime.stream()
        # The octave of a mere name is not known.
        self._pitches = (
            None if transcriber.network_config.only_note_names else PitchTracker(features)
        )
        self._decoder = Decoder(transcriber.decoder, features, transcriber.network_config)
        self._samples_pushed = 0
        self._frames = 0

    @property
    def heard_s(self) -> float:
        """Seconds of sound pushed so far."""
        return self._samples_pushed / self._sample_rate

    def tune(self, a4: float) -> None:
        """Hears what comes from now on with another A4, in Hz; it takes a tenth of a second.

        Raises:
            ValueError: it is not between 400 and 480 Hz.
        """
        self._transcriber = self._transcriber.tuned(a4)
        self._spectrogram.take_bins_of(self._transcriber.spectrogram)
        if self._pitches is not None:
            self._pitches = PitchTracker(self._transcriber.features)

    def push(self, samples: NDArray[np.float32]) -> Heard:
        """Hears further mono samples (any number) at the stream's sample rate."""
        self._samples_pushed += len(samples)
        return self._hear(samples, last=False)

    def finish(self) -> Heard:
        """Hears out the end: what the network still had to say of the last samples.

        Silence of the network's delay is appended, then every sounding note ends.
        """
        features = self._transcriber.features
        delay = (self._transcriber.network_config.delay_frames + 1) * features.hop_length
        silence = int(np.ceil(delay * self._sample_rate / features.sample_rate))
        heard = self._hear(np.zeros(silence, np.float32), last=True)
        heard.events.extend(self._decoder.flush(self.heard_s))
        return heard

    def _hear(self, samples: NDArray[np.float32], *, last: bool) -> Heard:
        if self._resampler is not None:
            samples = self._resampler.push(samples, last=last)
        pictures: list[NDArray[np.float32]] = []
        parts: list[Probabilities] = []
        for spectra in self._spectrogram.spectra(samples):
            frames = self._spectrogram.compressed(spectra)
            parts.append(self._run(spectra, frames))
            # The mean of the logarithms of a short and a long window is sharp in time and pitch.
            pictures.append(frames.mean(axis=1))
        probabilities = Probabilities.join(parts)
        first_frame, self._frames = self._frames, self._frames + len(probabilities)
        if not pictures:
            # Sound comes in smaller blocks than hops.
            nothing = np.zeros((0, self._transcriber.features.n_bins), np.float32)
            return Heard(first_frame, nothing, probabilities, [])
        events = self._decoder.push(probabilities, self.heard_s)
        return Heard(first_frame, np.concatenate(pictures), probabilities, events)

    def _run(
        self, spectra: NDArray[np.complex64], frames: NDArray[np.float32]
    ) -> Probabilities:
        """What the network says of further frames (frames, windows, bins), and the pitches' cents.
        """
        answer, *_ = self._network.push(frames)
        cents = None
        if self._pitches is not None:
            cents = self._pitches.push(spectra, answer[FRAME] >= _SOUNDS)
        return Probabilities(answer[ONSET], answer[FRAME], answer[VELOCITY], cents)


class Transcriber:
    """A loaded checkpoint. Shared by any number of streams; never changed by them.

    Attributes:
        features, network_config, decoder: the configurations in force.
        runtime: what runs the network, a stream of it for each stream of sound.
        spectrogram: what every stream gets another one of.
    """

    def __init__(
        self,
        checkpoint: Header,
        runtime: Runtime,
        *,
        decoder: DecoderConfig | None = None,
        a4: float | None = None,
    ) -> None:
        """Args: `decoder` and `a4` (Hz) take the place of the checkpoint's own."""
        features = checkpoint.features
        self.features: FeatureConfig = (
            features if a4 is None else dataclasses.replace(features, a4=a4)
        )
        self.network_config: NetworkConfig = checkpoint.network
        self.decoder: DecoderConfig = decoder or checkpoint.decoder
        self.runtime = runtime
        self.spectrogram = Spectrogram(self.features)

    @classmethod
    def load(
        cls,
        path: Path,
        *,
        decoder: DecoderConfig | None = None,
        a4: float | None = None,
        runtime: str | None = None,
    ) -> Transcriber:
        """Opens a checkpoint file.

        Args:
            decoder, a4: take the place of the checkpoint's own.
            runtime: what runs the network; see `model.runtimes.runtime.open_runtime`.

        Raises:
            CheckpointError: it is missing, damaged or from another configuration, or cannot be run.
        """
        header = read_header(path)
        return cls(header, open_runtime(path, header, runtime), decoder=decoder, a4=a4)

    def tuned(self, a4: float) -> Transcriber:
        """The same network, listening against an A4 of so many Hz; it takes a tenth of a second.

        Raises:
            ValueError: it is not between 400 and 480 Hz.
        """
        if a4 == self.features.a4:
            return self
        other = copy.copy(self)
        other.features = dataclasses.replace(self.features, a4=a4)
        other.spectrogram = Spectrogram(other.features)
        return other

    def stream(self, sample_rate: float | None = None, a4: float | None = None) -> Stream:
        """Begins a stream of mono sound.

        Args:
            sample_rate: of the sound in Hz; the model's own by default.
            a4: its tuning in Hz; the transcriber's own by default.
        """
        transcriber = self if a4 is None else self.tuned(a4)
        return Stream(transcriber, sample_rate or self.features.sample_rate)

    def file(
        self, blocks: Iterable[NDArray[np.float32]], sample_rate: float | None = None
    ) -> Iterator[Heard]:
        """Transcribes a whole recording that comes in blocks of mono samples."""
        stream = self.stream(sample_rate)
        for block in blocks:
            yield stream.push(block)
        yield stream.finish()

    def decode(
        self,
        probabilities: Probabilities,
        decoder: DecoderConfig,
        length_s: float | None = None,
    ) -> list[Note]:
        """The notes of cached probabilities of a whole recording under other settings.

        Args:
            length_s: seconds that the recording lasts, where the last notes end. Without it they
                end with the last frame, which may lie a few hops later.
        """
        run = Decoder(decoder, self.features, self.network_config)
        end_s = self.features.frame_end_s(len(probabilities) - 1) if length_s is None else length_s
        return notes_from_events([*run.push(probabilities, end_s), *run.flush(end_s)])
