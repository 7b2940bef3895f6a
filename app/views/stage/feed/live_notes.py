"""The notes of what is heard, sure and unsure, decoded anew from the start when asked."""

from __future__ import annotations

import dataclasses
import math
from collections import deque
from collections.abc import Callable
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from app.system.disk_rows import DiskRows, temporary_file
from app.views.stage.feed.note_index import NoteIndex, Span
from app.views.stage.feed.settling_notes import SettlingNotes
from model.config import DecoderConfig, FeatureConfig, NetworkConfig
from model.decoding.decoder import VOICE_LAG_S, Decoder
from model.heard import Heard
from model.notes import Probabilities

# Unsure notes reach this share of the threshold.
UNSURE_SHARE = 0.5
# So many frames are looked through for unsure notes at once: nobody waits for those, and one by one
# they would cost three times as much.
_UNSURE_FRAMES = 12
# Frames that are decoded anew for one picture: 40 s of sound in about 10 ms.
_SLICE = 2000
# Of an unsure note at least so much must be left to be shown: shorter ones are like dust.
LEAST_UNSURE_S = 0.08
# So many times that something was heard, early notes are found anew in.
_RECENT = 250
# One voice is looked for frame by frame, which takes longer.
_VOICE_SLICE = 500


class LiveNotes:
    """Fills two tracks from what is heard, and spools the probabilities to do so again.

    The sure notes of a take are the settled ones of the events, until `redecode` sets other
    settings: then all are found anew, and what comes afterwards follows. The early ones are on
    their way to them. The sure notes of a recording come from elsewhere; only the unsure ones are
    found here.
    """

    def __init__(
        self,
        track: NoteIndex,
        unsure: NoteIndex,
        features: FeatureConfig,
        network: NetworkConfig,
        decoder: DecoderConfig,
        recent_frames: int,
        open_file: Callable[[], BinaryIO] = temporary_file,
        settling: SettlingNotes | None = None,
    ) -> None:
        """Args: `recent_frames` are kept when the disk is full; `settling` is filled too."""
        self._track, self._unsure = track, unsure
        self._settling = settling or SettlingNotes()
        self._hop_s = features.hop_length / features.sample_rate
        self._features, self._network, self._own = features, network, decoder
        self._recent_frames = recent_frames
        self._open_file = open_file
        self._spool: DiskRows | None = None
        self.begin(is_take=False)

    def begin(self, *, is_take: bool) -> None:
        """Forgets all notes: another sound begins."""
        self.close()
        # Half precision moves a probability by less than a thousandth of itself.
        width = 3 * self._network.n_pitches
        self._spool = DiskRows(width, np.float16, self._recent_frames, self._open_file)
        self._is_take = is_take
        self._track.replace(())
        self._unsure.replace(())
        # None: the sure notes are those of the events.
        self._sure_decoder: Decoder | None = None
        self._early_decoder: Decoder | None = None
        # What was said at once, lately.
        self._recent: deque[Probabilities] = deque(maxlen=_RECENT)
        self._settling.clear()
        self._settling.is_on = False
        self._unsure_decoder = self._decoder(_unsure(self._own))
        # What was heard, but not looked through for unsure notes yet.
        self._unsure_new: list[Probabilities] = []
        self._job: _Redecoding | None = None
        self._wanted: tuple[DecoderConfig, DecoderConfig] | None = None
        self._ended_s: float | None = None

    def close(self) -> None:
        """Gives up what is kept."""
        if self._spool is not None:
            self._spool.close()

    @property
    def spool(self) -> DiskRows:
        """Onset, frame and velocity probabilities side by side, (frames, 3 x pitches) float16."""
        assert self._spool is not None
        return self._spool

    @property
    def is_redecoding(self) -> bool:
        return self._job is not None

    def add(self, heard: Heard) -> list[Span]:
        """Takes what was heard; returns where notes have ended."""
        values = heard.settled().probabilities
        self.spool.append(np.concatenate([values.onset, values.frame, values.velocity], axis=1))
        if self._sure_decoder is None:
            sure = heard.events_of("settled")
        else:
            sure = self._sure_decoder.push(values, 0.0)
        if self._is_take and len(heard.probabilities):
            self._recent.append(heard.probabilities)
        if self._early_decoder is None:
            early = heard.events
        else:
            early = self._early_decoder.push(heard.probabilities, 0.0)
        ended = self._track.add(sure)
        # Nobody looks at the curves of unsure notes.
        self._unsure_new.append(dataclasses.replace(values, cents=None))
        spans: list[Span] = []
        if sum(map(len, self._unsure_new)) >= _UNSURE_FRAMES:
            spans = self._find_unsure()
        settling = self._settling
        if self._is_take and (heard.settled_events is not None or self._early_decoder is not None):
            settling.is_on = True
            settling.lag_s = self._lag_s()
            now_s = len(self.spool) * self._hop_s
            settling.hear(now_s, early, sure)
            # What has ended is laid down once it has come to its place.
            ended = settling.arrived(now_s)
        return spans + ended

    def _find_unsure(self) -> list[Span]:
        """Looks through what is new; returns where unsure notes have ended that can be seen."""
        new, self._unsure_new = self._unsure_new, []
        if not new:
            return []
        events = self._unsure_decoder.push(Probabilities.join(new), 0.0)
        return [
            span for span in self._unsure.add(events) if span[1] - span[0] >= LEAST_UNSURE_S
        ]

    def _lag_s(self) -> float:
        """How long after a moment its notes have settled."""
        config = self._own if self._sure_decoder is None else self._sure_decoder.config
        voice_s = VOICE_LAG_S["settled"] if config.monophonic else 0.0
        return (self._network.delays[1] + 1) * self._hop_s + voice_s

    def end(self, head_s: float) -> None:
        """Nothing more will be heard: notes that sound on end at `head_s` seconds."""
        self._ended_s = head_s
        if self._sure_decoder is not None:
            self._track.add(self._sure_decoder.flush(head_s))
        self._track.close(head_s)
        self._settling.clear()
        self._settling.is_on = False
        self._find_unsure()
        self._unsure.close(head_s)

    def redecode(self, config: DecoderConfig, early: DecoderConfig | None = None) -> bool:
        """Finds the notes anew; `advance` goes on with it. Returns whether it is done already.

        Args: `early` are the settings for the early notes, by default the same.
        """
        early = early or config
        if self._job is not None:
            # It comes to its end first, or a slider that is moved would never show anything.
            self._wanted = config, early
            return False
        self._say_early(early if self._network.answers > 1 or config.monophonic else None)
        first = self.spool.kept_from
        self._job = _Redecoding(
            self._decoder(config, first) if self._is_take else None,
            self._decoder(_unsure(config), first), first,
        )
        return self.advance()

    def _say_early(self, config: DecoderConfig | None) -> None:
        """Says the early notes of a take under other settings; None where all are settled."""
        self._early_decoder = None
        self._settling.clear()
        self._settling.is_on = False
        if self._is_take and config is not None:
            recent = Probabilities.join(self._recent)
            first = len(self.spool) - len(recent)
            decoder = Decoder(config, self._features, self._network, first, answer="early")
            self._settling.hear(0.0, decoder.push(recent, 0.0), ())
            self._settling.is_on = True
            self._early_decoder = decoder

    def advance(self) -> bool:
        """One more piece of decoding anew; returns whether other notes are in place by it."""
        job = self._job
        if job is None:
            return False
        is_voice = job.sure is not None and job.sure.config.monophonic
        last = min(job.next + (_VOICE_SLICE if is_voice else _SLICE), len(self.spool))
        job.push(self._read(job.next, last), last)
        if last < len(self.spool):
            return False
        self._job = None
        # Of what a full disk has lost, the notes stay as they were.
        kept_s = job.unsure.time(job.first) if job.first else 0.0
        if job.sure is not None:
            if self._ended_s is not None:
                job.track.add(job.sure.flush(self._ended_s))
            self._track.adopt(job.track, kept_s)
            self._sure_decoder = job.sure
            now_s = len(self.spool) * self._hop_s
            self._settling.rebuild(self._track.between(now_s - 1, math.inf))
        if self._ended_s is not None:
            job.unsure_track.close(self._ended_s)
        self._unsure.adopt(job.unsure_track, kept_s)
        self._unsure_decoder, self._unsure_new = job.unsure, []
        if self._wanted is not None:
            wanted, self._wanted = self._wanted, None
            self.redecode(*wanted)
        return True

    def _read(self, first: int, last: int) -> Probabilities:
        rows: NDArray[np.float32] = self.spool.read(first, last).astype(np.float32)
        return Probabilities(*np.split(rows, 3, axis=1))

    def _decoder(self, config: DecoderConfig, first: int = 0) -> Decoder:
        return Decoder(config, self._features, self._network, first, answer="settled")


class _Redecoding:
    """Decoders on their way from the start of what is kept, and the notes that they found."""

    def __init__(self, sure: Decoder | None, unsure: Decoder, first: int) -> None:
        self.sure, self.unsure = sure, unsure
        self.track, self.unsure_track = NoteIndex(), NoteIndex()
        self.first = self.next = first

    def push(self, values: Probabilities, last: int) -> None:
        """Decodes the frames up to `last`."""
        if self.sure is not None:
            self.track.add(self.sure.push(values, 0.0))
        self.unsure_track.add(self.unsure.push(values, 0.0))
        self.next = last


def _unsure(config: DecoderConfig) -> DecoderConfig:
    """The settings that find the unsure notes too, of whatever voice."""
    unsure = config.with_onset_threshold(config.onset_threshold * UNSURE_SHARE)
    return dataclasses.replace(unsure, monophonic=False)
