"""The page that is shown at first: its buttons and lists, and the guide that it leads to."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt, QUrl
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QToolButton

from app.audio.files import demo_recording as demo
from app.audio.files.audio_file import AudioFileError
from app.system.paths import GUIDE
from app.views.dialogs.guide_dialog import GuideDialog
from app.views.row_list import MOST_ROWS
from app.views.window_geometry import SMALLEST
from app.window import file_commands
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.window.window_bench import Bench, bench, make  # noqa: F401

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811

_LEFT = Qt.MouseButton.LeftButton


def button(bench: Bench, name: str) -> QToolButton:
    action = getattr(bench.window.act, name)
    return next(one for one in bench.window.welcome.buttons if one.defaultAction() is action)


def test_what_looks_like_a_button_is_one(bench: Bench) -> None:
    window = bench.window
    assert window.welcome.isVisible()
    QTest.mouseClick(button(bench, "live"), _LEFT)
    assert bench.live.is_listening
    assert window.stage.isVisible()
    window.act.live.trigger()


def test_the_demo_is_tried_from_the_page(bench: Bench) -> None:
    with bench.qtbot.waitSignal(bench.song.opened):
        QTest.mouseClick(button(bench, "demo"), _LEFT)
    assert bench.song.info is not None
    assert bench.song.info.path == demo.demo_recording()
    bench.window.act.cancel.trigger()
    bench.until(lambda: not bench.song.is_transcribing)


def test_a_demo_that_is_missing_is_told(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        file_commands, "demo_recording", lambda: demo.demo_recording(tmp_path)
    )
    with pytest.raises(AudioFileError):
        demo.demo_recording(tmp_path)
    bench.window.act.demo.trigger()
    assert "the demo recording is missing" in bench.dismiss()


def test_recordings_opened_before_are_listed_and_opened(
    make: Callable[[], Bench], tone_wav: Path, tmp_path: Path
) -> None:
    first = make()
    assert not first.window.welcome.files.isVisible()
    names = ["cat & dog.wav", *(f"{number}.wav" for number in range(5))]
    for name in names:
        path = tmp_path / name
        path.write_bytes(tone_wav.read_bytes())
        first.settings.add_recent_file(path)
    first.settings.add_recent_file(tmp_path / names[0])
    first.window.close()
    second = make()
    rows = second.window.welcome.files.rows
    assert second.window.welcome.files.isVisible()
    assert len(rows) == MOST_ROWS
    assert rows[0].accessibleName() == f"Open {names[0]}"
    assert rows[0].toolTip() == str(tmp_path / names[0])
    with second.qtbot.waitSignal(second.song.finished):
        QTest.mouseClick(rows[0], _LEFT)
    assert second.song.info is not None
    assert second.song.info.path.name == names[0]
    second.window.act.clear_recent.trigger()
    assert not second.window.welcome.files.rows


def test_nothing_is_cut_off_in_the_smallest_window(
    make: Callable[[], Bench], tmp_path: Path
) -> None:
    for number in range(MOST_ROWS):
        settings = make().settings
        settings.add_recent_file(tmp_path / f"{number} {'long ' * 40}.wav")
    bench = make()
    welcome = bench.window.welcome
    bench.window.resize(SMALLEST)
    QApplication.processEvents()
    parts = [*welcome.buttons, *welcome.files.rows]
    for part in parts:
        corner = part.mapTo(welcome, QPoint(part.width(), part.height()))
        assert welcome.rect().contains(corner), part.accessibleName()
    bottoms = [part.mapTo(welcome, QPoint(0, part.height())).y() for part in parts]
    tops = [part.mapTo(welcome, QPoint()).y() for part in parts]
    assert all(top >= bottom for bottom, top in zip(bottoms, tops[1:], strict=False))


def test_help_leads_to_the_guide(bench: Bench) -> None:
    window = bench.window
    help_menu = next(menu for menu in window.findChildren(QMenu) if menu.title() == "&Help")
    assert window.act.guide in help_menu.actions()
    window.act.guide.trigger()
    (dialog,) = window.findChildren(GuideDialog)
    assert "user's guide" in dialog.page.toPlainText()
    # A link within it goes to its heading.
    page, links = dialog.page, re.findall(r"\]\(#([\w-]+)\)", GUIDE.read_text("utf-8"))
    assert links
    places = []
    for link in links:
        page.verticalScrollBar().setValue(0)
        page.anchorClicked.emit(QUrl(f"#{link}"))
        places.append(page.verticalScrollBar().value())
    assert all(places)
    assert len(set(places)) == len(set(links))
    dialog.close()


def test_the_keys_that_the_guide_names_are_there(bench: Bench) -> None:
    window = bench.window
    there = {
        key.toString() for action in window.findChildren(QAction) for key in action.shortcuts()
    }
    text = GUIDE.read_text("utf-8")
    table = text[text.index("## Keys") : text.index("## When something")]
    named = re.findall(r"`([^`]+)`", "".join(
        line for line in table.splitlines(keepends=True) if line.startswith("| `")
    ))  # fmt: skip
    assert len(named) > 40
    # Ctrl alone is no shortcut.
    assert {QKeySequence(key).toString() for key in named} - there == {""}
    assert re.search(r"\*\*Loop\*\* \(`Ctrl\+L`\)", text)


def test_the_guide_and_its_pictures_are_installed() -> None:
    root = GUIDE.parents[1]
    shown = re.findall(r"!\[[^\]]*\]\(pictures/([^)]+)\)", GUIDE.read_text("utf-8"))
    # All there are, and none is so large that the program to be fetched grows by it.
    kept = sorted((GUIDE.parent / "pictures").iterdir())
    assert sorted(shown) == [picture.name for picture in kept]
    assert sum(picture.stat().st_size for picture in kept) < 700_000
    assert max(picture.stat().st_size for picture in kept) < 100_000
    project = (root / "pyproject.toml").read_text("utf-8")
    assert '"docs/pictures" = "noteglow/house/docs/pictures"' in project
    bundle = (root / "distribution" / "noteglow.spec").read_text("utf-8")
    assert '"docs" / "pictures"), "docs/pictures"' in bundle
