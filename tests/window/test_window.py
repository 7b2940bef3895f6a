"""The window itself: its controls, keys, themes, size, help and end."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QPoint, QSettings, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu, QSlider, QToolButton
from pytestqt.qtbot import QtBot

from app.settings.settings import Settings
from app.transcription.sensitivity import MIDDLE
from app.views.bars.notice_bar import Notice
from app.views.dialogs import messages as dialogs
from app.views.dialogs.shortcuts_dialog import ShortcutsDialog
from app.views.window_geometry import SMALLEST
from app.window import startup
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.note_events import on
from tests.window.window_bench import WAIT_MS, Bench, bench, make  # noqa: F401

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811


def test_every_control_has_a_name_a_tip_and_a_key(bench: Bench) -> None:
    main = bench.window
    for button in main.findChildren(QToolButton):
        if button.defaultAction() is None:
            continue
        assert button.accessibleName()
        assert button.toolTip()
        assert not button.defaultAction().shortcut().isEmpty(), button.objectName()
    for slider in main.findChildren(QSlider):
        assert slider.accessibleName()
        assert "Higher" in slider.toolTip()
    keys = [
        key.toString() for action in main.act.all() for key in action.shortcuts()
    ]
    assert len(keys) == len(set(keys))


def test_keys_of_the_stage_leave_the_slider_its_own(bench: Bench, tone_wav: Path) -> None:
    main = bench.window
    bench.open(tone_wav)
    main.activateWindow()
    main.stage.setFocus()
    main.commands.seek(0.0)
    QTest.keyClick(main.stage, Qt.Key.Key_Right)
    assert main.stage.cursor_s == pytest.approx(main.commands.song.duration_s)
    main.bar.sensitivity.setFocus()
    QTest.keyClick(main.bar.sensitivity, Qt.Key.Key_Left)
    assert main.bar.sensitivity.value() == MIDDLE - 1
    assert main.stage.cursor_s == pytest.approx(main.commands.song.duration_s)
    QTest.keyClick(main, Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier)
    assert main.bar.sensitivity.value() == MIDDLE + 4


def test_themes_change_what_is_seen_and_are_remembered(
    bench: Bench, tone_wav: Path
) -> None:
    main = bench.window
    main.display.set_bars(False)
    bench.open(tone_wav)

    def lightness() -> int:
        QApplication.processEvents()
        return main.stage.plot.grab().toImage().pixelColor(90, 30).lightness()

    main.act.themes["light"].trigger()
    assert lightness() > 200
    main.act.themes["system"].trigger()
    main.act.themes["dark"].trigger()
    assert lightness() < 60
    assert Settings(bench.store).theme == "dark"


def test_settings_that_make_no_sense_do_not_stop_the_start(
    make: Callable[[], Bench], tmp_path: Path
) -> None:
    store = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    store.setValue("geometry", QByteArray(b"nonsense"))
    store.setValue("theme", "plaid")
    store.setValue("recent_files", {"a": 1})
    store.setValue("follow", "maybe")
    store.sync()
    main = make().window
    assert main.isVisible()
    assert main.width() >= SMALLEST.width()
    assert main.act.themes["dark"].isChecked()


def test_size_and_recent_files_come_back(
    make: Callable[[], Bench], tone_wav: Path
) -> None:
    first = make()
    first.window.resize(900, 640)
    first.open(tone_wav)
    first.window.close()
    second = make()
    assert (second.window.width(), second.window.height()) == (900, 640)
    recent = next(
        menu for menu in second.window.findChildren(QMenu) if menu.title() == "Open recent"
    ).actions()
    assert recent[0].text() == tone_wav.name
    with second.qtbot.waitSignal(second.song.finished, timeout=WAIT_MS):
        recent[0].trigger()


def test_the_smallest_window_cuts_nothing_off(bench: Bench, tone_wav: Path) -> None:
    main = bench.window
    bench.open(tone_wav)
    main.resize(SMALLEST)
    QApplication.processEvents()
    parts = [main.bar.open, main.bar.play, main.bar.time, main.bar.sensitivity,
             main.bar.export, main.bar.meter, main.bar.live]
    for left, right in itertools.pairwise(parts):
        assert left.geometry().right() < right.geometry().left()
    assert parts[-1].geometry().right() <= main.bar.width()
    for part in (main.bar.open, main.bar.export, main.bar.live, main.bar.time):
        assert part.width() >= part.sizeHint().width()


def test_what_is_told_floats_and_moves_nothing(bench: Bench, tone_wav: Path) -> None:
    main = bench.window
    # Their row comes when they are found.
    main.display.set_bars(False)
    bench.open(tone_wav)
    QApplication.processEvents()
    before = main.stage.geometry(), main.stage.view_box.rect()
    main.notice.tell(Notice("test", "A long sentence that takes more than one line. " * 9))
    for panel in ("", "display"):
        main.panels.open(panel)
        QApplication.processEvents()
        page = main.stage.rect().translated(main.stage.mapTo(main, QPoint()))
        notice = main.notice.rect().translated(main.notice.mapTo(main, QPoint()))
        assert page.contains(notice)
        assert notice.right() > 0.9 * page.width()
        assert not main.notice.visibleRegion().isEmpty()
        assert main.notice.height() >= main.notice.heightForWidth(main.notice.width())
        if not panel:
            assert before == (main.stage.geometry(), main.stage.view_box.rect())
    # A short one leaves the large names to be read.
    main.notice.tell(Notice("test", "A word."))
    assert main.notice.mapTo(main, QPoint()).x() >= 0.4 * main.stage.width()
    assert main.notice.height() < main.stage.names.height()


def test_buttons_that_change_their_texts_stay_where_they_are(bench: Bench) -> None:
    main = bench.window
    main.resize(1300, 700)
    places = []
    for _ in range(2):
        main.act.record.trigger()
        QApplication.processEvents()
        places.append((main.bar.record.geometry(), main.bar.freeze.isVisible()))
    main.act.live.trigger()
    for _ in range(2):
        main.act.freeze.trigger()
        QApplication.processEvents()
        places.append((main.bar.record.geometry(), main.bar.freeze.isVisible()))
        assert main.bar.freeze.width() >= main.bar.freeze.sizeHint().width()
    assert places[0][0] == places[1][0]
    assert places[2] == places[3]


def test_the_sensitivity_gives_the_zoom_back(bench: Bench, tone_wav: Path) -> None:
    main = bench.window
    bench.open(tone_wav)
    box = main.stage.view_box
    view = box.low, box.high
    with bench.qtbot.waitSignal(bench.song.notes_changed, timeout=WAIT_MS):
        main.bar.sensitivity.setValue(100)
    assert (box.low, box.high) != view
    with bench.qtbot.waitSignal(bench.song.notes_changed, timeout=WAIT_MS):
        main.act.own_notes.trigger()
    bench.until(lambda: (box.low, box.high) == pytest.approx(view))


def test_help_is_shown_and_the_window_goes_on(bench: Bench) -> None:
    bench.window.act.shortcuts.trigger()
    (keys,) = bench.window.findChildren(ShortcutsDialog)
    assert keys.isVisible()
    assert keys.height() < bench.window.height()
    text = keys.text
    for action in bench.window.act.all():
        if not action.shortcut().isEmpty():
            assert action.shortcut().toString() in text
    assert text.count("Close Noteglow") == 1
    keys.close()
    bench.window.act.about.trigger()
    assert "Noteglow" in bench.dismiss()


def test_closing_ends_all_that_runs(bench: Bench, tone_wav: Path) -> None:
    bench.open(tone_wav)
    bench.window.act.play.trigger()
    bench.window.close()
    assert not bench.song.player.is_playing
    assert not bench.window.stage.is_running
    assert bench.song.info is None


def test_closing_ends_a_live_take(bench: Bench) -> None:
    bench.window.act.live.trigger()
    bench.live.hear(1.0, on(60, 0.9))
    bench.window.close()
    assert not bench.live.is_listening
    assert not bench.window.stage.is_running


def test_a_missing_checkpoint_ends_the_start_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    said: list[str] = []
    monkeypatch.setattr(dialogs, "show_fatal", said.append)
    assert startup.run(None, tmp_path / "none.safetensors") == 1
    assert "none.safetensors" in said[0]


def test_the_view_is_saved_as_a_picture(
    bench: Bench, tone_wav: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = bench.window
    assert not window.act.picture.isEnabled()
    bench.open(tone_wav)
    names = [str(tmp_path / "view")]
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *args: (names.pop(0), ""))
    window.act.picture.trigger()
    assert [path.name for path in tmp_path.glob("view*")] == ["view.png"]
    picture = QImage(str(tmp_path / "view.png"))
    assert picture.width() == 3840
    assert not picture.allGray()
    assert window.notice.text == f"Saved: view.png, in {tmp_path}."
    (tmp_path / "view.png").unlink()
    (tmp_path / "view.png").mkdir()
    names.append(str(tmp_path / "view.png"))
    window.act.picture.trigger()
    assert "view.png: this is a folder" in bench.dismiss()
    # Who changes their mind gets none.
    names.append("")
    window.act.picture.trigger()
    assert [path.name for path in tmp_path.glob("*.png")] == ["view.png"]


def test_the_sensitivity_says_where_it_stands_and_where_it_usually_does(bench: Bench) -> None:
    bar = bench.window.bar
    slider, text = bar.sensitivity, bar.sensitivity_text

    for width in (1300, SMALLEST.width()):
        bench.window.resize(width, SMALLEST.height())
        QApplication.processEvents()
        slider.setValue(MIDDLE)
        assert text.text().startswith(f"{MIDDLE}")
        slider.setValue(71)
        assert text.text() == (f"71, default {MIDDLE}" if width == 1300 else "71")
        assert text.width() >= text.sizeHint().width()
    # The mark shows where a double click brings it.
    picture, middle = slider.grab().toImage(), slider.width() // 2
    heights = [
        sum(picture.pixel(x, y) != picture.pixel(x, 0) for y in range(picture.height()))
        for x in (middle - 12, middle)
    ]
    assert heights[1] >= heights[0] + 6
    QTest.mouseDClick(slider, Qt.MouseButton.LeftButton)
    assert bench.window.commands.sensitivity.place == MIDDLE
    bench.window.act.more_notes.trigger()
    assert text.text().startswith("55")
