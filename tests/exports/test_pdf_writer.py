"""Scores on paper: pages that other programs draw, and PDF files that hold what they should."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pypdfium2
import pytest
from numpy.typing import NDArray
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from app.exports.export_file import ExportOptions, export
from app.exports.score.engraving import EngravingError, Paper, engrave
from app.exports.score.musicxml_writer import musicxml, write_score
from app.music.chords.chord_finding import ChordSpan
from app.music.chords.chord_names import Chord
from app.music.key_finding import Key
from model.notes import Note

WIDTH = 840


def a_scale(count: int = 16) -> list[Note]:
    """Quarter notes up and down above held ones in the bass."""
    upper = [Note(step / 2, step / 2 + 0.5, 60 + step % 12, 80) for step in range(count)]
    return upper + [Note(2.0 * bar, 2.0 * bar + 2, 36 + bar % 5, 80) for bar in range(count // 4)]


def read(path: Path) -> tuple[NDArray[np.bool_], str, int]:
    """Where the first page has ink, its text, and how many pages there are."""
    document = pypdfium2.PdfDocument(path)
    page = document[0]
    grey = page.render(scale=WIDTH / page.get_width(), grayscale=True).to_numpy()
    assert page.get_height() / page.get_width() == pytest.approx(297 / 210, rel=0.01)
    found = grey.reshape(grey.shape[:2]) < 128, page.get_textpage().get_text_bounded()
    count = len(document)
    document.close()
    return *found, count


def test_a_page_has_the_ink_of_its_notes_and_its_title(tmp_path: Path) -> None:
    export(a_scale(4), tmp_path / "few.pdf", ExportOptions(title="Süß & Öl"))
    export(a_scale(64), tmp_path / "many.pdf", ExportOptions(title="Süß & Öl"))
    few, text, count = read(tmp_path / "few.pdf")
    many, _, _ = read(tmp_path / "many.pdf")
    assert count == 1
    assert "Süß & Öl" in [line.strip() for line in text.splitlines()]
    assert "120" in text
    # Staff lines and notes: a bar against sixteen.
    assert 0.001 < few.mean() < 0.02
    assert many.mean() > 3 * few.mean()
    # Nothing stands at the edges.
    margin = WIDTH // 60
    assert not few[:margin].any()
    assert not few[:, :margin].any()


def test_a_long_score_has_several_pages(tmp_path: Path) -> None:
    export(a_scale(600), tmp_path / "a.pdf")
    assert read(tmp_path / "a.pdf")[2] > 2


def test_a_title_in_any_script_is_written(tmp_path: Path) -> None:
    export(a_scale(4), tmp_path / "a.pdf", ExportOptions(title="Ноктюрн ♭ 夜"))
    assert "Ноктюрн" in read(tmp_path / "a.pdf")[1]


def test_chords_stand_above_their_bars_with_their_signs(tmp_path: Path) -> None:
    chords = tuple(
        ChordSpan(2.0 * bar, 2.0 * bar + 2, Chord(*chord)) for bar, chord in enumerate(
            ((1, "m7", 1), (6, "7sus4", 6), (10, "m7♭5", 1))
        )
    )
    options = ExportOptions(chords=chords, key=Key(4))
    export(a_scale(16), tmp_path / "a.pdf", options)
    text = read(tmp_path / "a.pdf")[1]
    for name in ("C♯m7", "F♯7sus4", "A♯m7b5/C♯"):
        assert name in text
    assert "(7)" not in text
    [page] = engrave(musicxml(a_scale(16), options, ""))
    written = ElementTree.fromstring(page.svg).iter("{http://www.w3.org/2000/svg}text")
    sizes = {text.get("font-size") for text in written if text.text and "♯" in text.text}
    # A sign at the end is as large as the name before it.
    assert len(sizes) == 1


def test_the_note_of_the_tempo_stands_before_its_number() -> None:
    [page] = engrave(musicxml(a_scale(8), ExportOptions(), ""))
    svg = "{http://www.w3.org/2000/svg}"
    [mark] = [
        group for group in ElementTree.fromstring(page.svg).iter(f"{svg}g")
        if group.get("class") == "tempo"
    ]
    sign, number = mark
    assert sign.tag == f"{svg}g"
    assert (number.text or "").split() == ["=", "120"]
    begins = float(sign.attrib["transform"].split("(")[1].split(",")[0])
    scale = float(sign.attrib["transform"].split("scale(")[1].split(",")[0])
    # The sign is 302 units wide.
    assert float(number.attrib["x"]) > begins + 302 * scale


def test_qt_draws_the_pages_as_well(qapp: QApplication) -> None:
    [page] = engrave(musicxml(a_scale(16), ExportOptions(), "A title"))
    renderer = QSvgRenderer(page.svg)
    assert renderer.isValid()
    image = QImage(WIDTH, round(WIDTH * 297 / 210), QImage.Format.Format_Grayscale8)
    image.fill(255)
    painter = QPainter(image)
    renderer.render(painter)
    painter.end()
    grey = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)[:, :WIDTH]
    assert 0.002 < (grey < 128).mean() < 0.05


def test_heads_are_where_the_ink_of_their_notes_is(qapp: QApplication) -> None:
    score = write_score(a_scale(8), ExportOptions(), "A title")
    [page] = engrave(score.content)
    assert {head.id for head in page.heads} == {note.id for note in score.notes}
    image = QImage(WIDTH, round(WIDTH * 297 / 210), QImage.Format.Format_Grayscale8)
    image.fill(255)
    painter = QPainter(image)
    QSvgRenderer(page.svg).render(painter)
    painter.end()
    grey = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)[:, :WIDTH]
    for head in page.heads:
        left, top = round(head.left * WIDTH), round(head.top * image.height())
        wide, high = round(head.width * WIDTH), round(head.height * image.height())
        assert 0 < wide < 0.03 * WIDTH
        # Heads of quarter notes are full, those of whole notes have a hole.
        assert (grey[top : top + high, left : left + wide] < 160).mean() > 0.3


def test_smaller_paper_has_more_pages() -> None:
    score = musicxml(a_scale(64), ExportOptions(), "A title")
    assert len(list(engrave(score, Paper(105, 148)))) > len(list(engrave(score)))
    assert len(list(engrave(score, Paper(zoom=2)))) > len(list(engrave(score)))


def test_every_thread_can_engrave() -> None:
    score = musicxml(a_scale(), ExportOptions(), "A title")
    with ThreadPoolExecutor(1) as another:
        others = another.submit(lambda: list(engrave(score))).result()
    assert len(others) == len(list(engrave(score)))


def test_what_is_no_score_is_refused() -> None:
    with pytest.raises(EngravingError, match="cannot be engraved"):
        next(engrave(b"<not><a/>score</not>"))


def test_nothing_is_left_when_it_is_broken_off(tmp_path: Path) -> None:
    class GaveUpError(Exception):
        pass

    def go_on() -> None:
        raise GaveUpError

    with pytest.raises(GaveUpError):
        export(a_scale(), tmp_path / "a.pdf", ExportOptions(), go_on)
    assert not list(tmp_path.iterdir())
