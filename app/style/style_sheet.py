"""What Qt's palette cannot say of the widgets: their shapes, and colours by what they are."""

from __future__ import annotations

from app.style.theme_colours import Theme


def style_sheet(theme: Theme) -> str:
    """Qt's style sheet for the whole program."""
    return f"""
    QMenuBar {{ background: {theme.panel}; padding: 2px 6px; }}
    QMenuBar::item {{ padding: 4px 10px; border-radius: 4px; background: transparent; }}
    QMenuBar::item:selected {{ background: {theme.raised}; }}
    QMenu {{ background: {theme.panel}; border: 1px solid {theme.line}; padding: 6px; }}
    QMenu::item {{ padding: 6px 28px 6px 26px; border-radius: 4px; }}
    QMenu::item:selected {{ background: {theme.raised}; }}
    QMenu::item:disabled {{ color: {theme.faint}; }}
    QMenu::separator {{ height: 1px; background: {theme.line}; margin: 6px 8px; }}
    QMenu::indicator {{ left: 8px; width: 12px; height: 12px; }}
    QToolTip {{
        background: {theme.raised}; color: {theme.text};
        border: 1px solid {theme.line}; padding: 5px 8px;
    }}
    QStatusBar {{ background: {theme.panel}; border-top: 1px solid {theme.line}; }}
    QStatusBar::item {{ border: none; }}
    QStatusBar QLabel {{ color: {theme.faint}; padding: 0 6px; }}
    QStatusBar QLabel[says="true"] {{ color: {theme.text}; }}
    QProgressBar {{
        background: {theme.raised}; border: none; border-radius: 3px;
        min-height: 6px; max-height: 6px;
    }}
    QProgressBar::chunk {{ background: {theme.accent}; border-radius: 3px; }}
    #topBar {{ background: {theme.panel}; border-bottom: 1px solid {theme.line}; }}
    #topBar QLabel {{ color: {theme.faint}; }}
    #topBar QLabel#time {{ color: {theme.text}; }}
    #songBar {{ background: {theme.panel}; border-bottom: 1px solid {theme.line}; }}
    #songBar QLabel {{ color: {theme.faint}; }}
    #songBar QAbstractSpinBox {{ min-height: 17px; padding: 2px 6px; }}
    QLineEdit[troubles="true"] {{ border-color: {theme.live}; }}
    QToolButton {{
        background: transparent; border: 1px solid transparent; border-radius: 7px;
        padding: 5px 10px; color: {theme.text};
    }}
    QToolButton:hover {{ background: {theme.raised}; }}
    QToolButton:pressed {{ background: {theme.line}; }}
    QToolButton:disabled {{ color: {theme.octave}; }}
    QToolButton#export {{ background: {theme.raised}; border-color: {theme.line}; }}
    QToolButton#export:hover, QToolButton#live:hover {{ border-color: {theme.faint}; }}
    QToolButton#export:disabled {{ background: transparent; }}
    QToolButton#live {{
        background: {theme.raised}; border-color: {theme.line}; border-radius: 16px;
        padding: 5px 16px 5px 12px; font-weight: 600;
    }}
    QToolButton#live:checked {{
        background: {theme.live}; border-color: {theme.live}; color: #ffffff;
    }}
    QToolButton#start {{
        background: {theme.raised}; border-color: {theme.line}; padding: 7px 16px; font-weight: 600;
    }}
    QToolButton#start:hover {{ border-color: {theme.faint}; }}
    QToolButton#record, QToolButton#freeze, QToolButton#keep {{
        background: {theme.raised}; border-color: {theme.line};
    }}
    QToolButton#record {{ border-radius: 16px; padding: 5px 14px 5px 10px; font-weight: 600; }}
    QToolButton#record:hover, QToolButton#freeze:hover, QToolButton#keep:hover {{
        border-color: {theme.faint};
    }}
    QToolButton#record:checked {{ border-color: {theme.live}; }}
    QToolButton#freeze:checked {{ border-color: {theme.accent}; color: {theme.accent}; }}
    QToolButton#freeze:disabled {{ background: transparent; }}
    QToolButton#display, QToolButton#input {{ padding: 6px 8px; }}
    QToolButton#display:checked, QToolButton#input:checked {{
        background: {theme.raised}; border-color: {theme.line};
    }}
    QToolButton#songButton {{ padding: 3px 7px; }}
    QToolButton#settingChip {{
        padding: 1px 8px; border: 1px solid {theme.accent}; border-radius: 9px;
        background: {theme.raised};
    }}
    QToolButton#settingChip:hover {{ border-color: {theme.text}; }}
    QToolButton#songButton:checked {{
        background: {theme.raised}; border-color: {theme.line}; color: {theme.accent};
    }}
    QToolButton#play {{
        background: {theme.accent}; border-radius: 18px; padding: 0;
        min-width: 34px; max-width: 34px; min-height: 34px; max-height: 34px;
    }}
    QToolButton#play:hover {{ border-color: {theme.text}; }}
    QToolButton#play:disabled {{ background: {theme.raised}; }}
    #dropFrame {{
        border: 2px solid {theme.accent}; border-radius: 8px; background: transparent;
    }}
    QSlider::groove:horizontal {{
        height: 4px; border-radius: 2px; background: {theme.line};
    }}
    QSlider::sub-page:horizontal {{ background: {theme.faint}; border-radius: 2px; }}
    QSlider::sub-page:horizontal:disabled {{ background: {theme.line}; }}
    QSlider::handle:horizontal {{
        width: 14px; height: 14px; margin: -5px 0; border-radius: 7px;
        background: {theme.text};
    }}
    QSlider::handle:horizontal:disabled {{ background: {theme.octave}; }}
    QSlider::handle:horizontal:focus, QSlider::handle:horizontal:hover {{
        background: {theme.accent};
    }}
    #sidePanel {{ background: {theme.panel}; border-left: 1px solid {theme.line}; }}
    #panelScroll, #panelContent {{ background: transparent; }}
    #sidePanel QLabel {{ color: {theme.faint}; }}
    #sidePanel QLabel#panelTitle {{ color: {theme.text}; font-size: 15px; font-weight: 600; }}
    #sidePanel QLabel#panelSection {{ color: {theme.text}; font-weight: 600; }}
    #sidePanel QLabel#trouble {{
        color: {theme.text}; background: {theme.raised}; padding: 8px 10px;
        border: 1px solid {theme.line}; border-left: 3px solid {theme.live}; border-radius: 4px;
    }}
    QComboBox, QAbstractSpinBox {{
        background: {theme.raised}; color: {theme.text}; border: 1px solid {theme.line};
        border-radius: 6px; padding: 3px 8px; min-height: 21px;
        selection-background-color: {theme.accent}; selection-color: {theme.on_accent};
    }}
    QDialog > QLineEdit {{
        background: {theme.raised}; color: {theme.text}; border: 1px solid {theme.line};
        border-radius: 6px; padding: 3px 8px; min-height: 21px;
        selection-background-color: {theme.accent}; selection-color: {theme.on_accent};
    }}
    QDialog > QLineEdit:focus {{ border-color: {theme.accent}; }}
    QComboBox:hover, QAbstractSpinBox:hover {{ border-color: {theme.faint}; }}
    QComboBox:focus, QAbstractSpinBox:focus {{ border-color: {theme.accent}; }}
    QComboBox:disabled, QAbstractSpinBox:disabled {{ color: {theme.octave}; }}
    QComboBox::drop-down {{ border: none; width: 22px; }}
    QComboBox::down-arrow, QAbstractSpinBox::down-arrow {{
        width: 0; height: 0; border-left: 4px solid {theme.raised};
        border-right: 4px solid {theme.raised}; border-top: 5px solid {theme.faint};
    }}
    QAbstractSpinBox::up-arrow {{
        width: 0; height: 0; border-left: 4px solid {theme.raised};
        border-right: 4px solid {theme.raised}; border-bottom: 5px solid {theme.faint};
    }}
    QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{
        subcontrol-origin: border; width: 20px; border: none; background: transparent;
    }}
    QAbstractSpinBox::up-button {{ subcontrol-position: top right; margin: 3px 2px 0 0; }}
    QAbstractSpinBox::down-button {{ subcontrol-position: bottom right; margin: 0 2px 3px 0; }}
    QComboBox QAbstractItemView {{
        background: {theme.panel}; color: {theme.text}; border: 1px solid {theme.line};
        selection-background-color: {theme.accent}; selection-color: {theme.on_accent};
        outline: 0; padding: 4px;
    }}
    QComboBox QAbstractItemView::item {{ min-height: 26px; }}
    QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
    QScrollBar::handle:vertical {{
        background: {theme.octave}; border-radius: 3px; margin: 2px 2px; min-height: 32px;
    }}
    QScrollBar::add-line, QScrollBar::sub-line {{ height: 0; }}
    QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
    #sidePanel QPushButton {{ padding: 4px 12px; min-width: 40px; }}
    QToolButton#closePanel, QToolButton#closeNotice, QToolButton#refresh {{ padding: 4px; }}
    #notice {{
        background: {theme.raised}; border: 1px solid {theme.octave}; border-radius: 8px;
    }}
    #notice QLabel {{ color: {theme.text}; padding: 9px 4px; }}
    #notice QPushButton {{ background: {theme.panel}; padding: 4px 14px; min-width: 0; }}
    #noticeLight {{
        background: {theme.accent};
        border-top-left-radius: 7px; border-bottom-left-radius: 7px;
    }}
    #noticeLight[warns="true"] {{ background: {theme.live}; }}
    #separator {{ background: {theme.line}; }}
    QPushButton {{
        background: {theme.raised}; color: {theme.text}; border: 1px solid {theme.line};
        border-radius: 7px; padding: 6px 20px; min-width: 56px;
    }}
    QPushButton:hover {{ border-color: {theme.faint}; }}
    QLabel#keysTitle {{ font-weight: 600; }}
    QLabel#keysName {{ color: {theme.accent}; }}
    QMessageBox QLabel {{ padding: 4px 8px; min-height: 40px; }}
    """
