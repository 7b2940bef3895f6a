"""The one public interface of the model: sound in, notes out, live or from a file."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.checkpoint_header import Header, read_header
from model.config import Answer, DecoderConfig, FeatureConfig, NetworkConfig
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
        network = transcriber.network_config
        self._decoder = Decoder(transcriber.decoder, features, network)
        self._settled = (
            Decoder(transcriber.settled_decoder, features, network, answer="settled")
            if transcriber.settles
            else None
        )
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
        return self._hear(self._resampled(samples, last=False))

    def finish(self) -> Heard:
        """Hears out the end: what the network still had to say of the last samples.

        Silence of the network's delay is appended, then every sounding note ends.
        """
        features = self._transcriber.features
        early, settled = self._transcriber.network_config.delays
        silence = (early + 1) * features.hop_length * self._sample_rate / features.sample_rate
        heard = self._hear(self._resampled(np.zeros(int(np.ceil(silence)), np.float32), last=True))
        heard.events.extend(self._decoder.flush(self.heard_s))
        if self._settled is None:
            return heard
        # What the early answer says by now is about nothing that was heard.
        rest = self._hear(np.zeros((settled - early) * features.hop_length, np.float32))
        return Heard(
            heard.first_frame, heard.spectrum, heard.probabilities, heard.events,
            Probabilities.join([
                heard.settled().probabilities, rest.settled().probabilities
            ]),
            [
                *heard.events_of("settled"), *rest.events_of("settled"),
                *self._settled.flush(self.heard_s),
            ],
        )  # fmt: skip

    def _resampled(self, samples: NDArray[np.float32], *, last: bool) -> NDArray[np.float32]:
        return samples if self._resampler is None else self._resampler.push(samples, last=last)

    def _hear(self, samples: NDArray[np.float32]) -> Heard:
        """Hears samples at the model's rate."""
        pictures = [np.zeros((0, self._transcriber.features.n_bins), np.float32)]
        early: list[Probabilities] = []
        settled: list[Probabilities] = []
        for spectra in self._spectrogram.spectra(samples):
            frames = self._spectrogram.compressed(spectra)
            answers = self._network.push(frames)
            first, last = answers[0], answers[-1]
            cents = None
            if self._pitches is not None:
                cents = self._pitches.push(spectra, first[FRAME] >= _SOUNDS)
            early.append(Probabilities(first[ONSET], first[FRAME], first[VELOCITY], cents))
            settled.append(Probabilities(last[ONSET], last[FRAME], last[VELOCITY], cents))
            # The mean of the logarithms of a short and a long window is sharp in time and pitch.
            pictures.append(frames.mean(axis=1))
        probabilities = Probabilities.join(early)
        first_frame, self._frames = self._frames, self._frames + len(probabilities)
        # Sound may come in smaller blocks than hops.
        spectrum = np.concatenate(pictures)
        events = self._decoder.push(probabilities, self.heard_s) if early else []
        if self._settled is None:
            return Heard(first_frame, spectrum, probabilities, events)
        surer = Probabilities.join(settled)
        settled_events = self._settled.push(surer, self.heard_s) if settled else []
        return Heard(first_frame, spectrum, probabilities, events, surer, settled_events)


class Transcriber:
    """A loaded checkpoint. Shared by any number of streams; never changed by them.

    Attributes:
        features, network_config, decoder: the configurations in force; `decoder` is that of the
            early answer.
        settled_decoder: that of the settled answer.
        runtime: what runs the network, a stream of it for each stream of sound.
        spectrogram: what every stream gets another one of.
    """

    def __init__(
        self,
        checkpoint: Header,
        runtime: Runtime,
        *,
        decoder: DecoderConfig | None = None,
        settled_decoder: DecoderConfig | None = None,
        a4: float | None = None,
    ) -> None:
        """Args: `decoder`, `settled_decoder` and `a4` (Hz) take the place of the checkpoint's own.

        Of a network with one answer, `decoder` takes the place of both.
        """
        features = checkpoint.features
        self.features: FeatureConfig = (
            features if a4 is None else dataclasses.replace(features, a4=a4)
        )
        self.network_config: NetworkConfig = checkpoint.network
        early, settled = checkpoint.decoders
        if checkpoint.network.answers == 1 and decoder is not None:
            settled = decoder
        self.decoder: DecoderConfig = decoder or early
        self.settled_decoder: DecoderConfig = settled_decoder or settled
        self.runtime = runtime
        self.spectrogram = Spectrogram(self.features)

    @classmethod
    def load(
        cls,
        path: Path,
        *,
        decoder: DecoderConfig | None = None,
        settled_decoder: DecoderConfig | None = None,
        a4: float | None = None,
        runtime: str | None = None,
    ) -> Transcriber:
        """Opens a checkpoint file.

        Args:
            decoder, settled_decoder, a4: as for `Transcriber`.
            runtime: what runs the network; see `model.runtimes.runtime.open_runtime`.

        Raises:
            CheckpointError: it is missing, damaged or from another configuration, or cannot be run.
        """
        header = read_header(path)
        return cls(
            header, open_runtime(path, header, runtime),
            decoder=decoder, settled_decoder=settled_decoder, a4=a4,
        )  # fmt: skip

    @property
    def settles(self) -> bool:
        """Whether the settled events are others than the early ones."""
        return (
            self.network_config.answers > 1
            or self.decoder != self.settled_decoder
            or self.decoder.monophonic
        )

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
        *,
        answer: Answer = "settled",
    ) -> list[Note]:
        """The notes of cached probabilities of a whole recording under other settings.

        Args:
            answer: of which the probabilities are.
            length_s: seconds that the recording lasts, where the last notes end. Without it they
                end with the last frame, which may lie a few hops later.
        """
        run = Decoder(decoder, self.features, self.network_config, answer=answer)
        end_s = self.features.frame_end_s(len(probabilities) - 1) if length_s is None else length_s
        return notes_from_events([*run.push(probabilities, end_s), *run.flush(end_s)])
