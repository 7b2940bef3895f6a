"""Scores engraved as pages, by Verovio, in SVG that any renderer draws.

Verovio's own pages lean on style sheets, nested drawings and fonts of their own, which QtSvg and
others leave out. Here every shape carries its own colour, all text is in one of four fonts, and the
notes that stand in text are outlines.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from app.system.progress import GoOn, to_the_end

_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
# The family of all text, the files of its kinds, and what kinds of text are set in them.
FONT_FAMILY = "STIXGeneral"
FONT_FILES = {
    "": "STIXGeneral.ttf", "B": "STIXGeneralBol.ttf", "I": "STIXGeneralItalic.ttf",
    "BI": "STIXGeneralBolIta.ttf",
}
_BOLD, _ITALIC = {"tempo", "reh", "ending", "fing"}, {"dir", "dynam", "mNum"}
_SHAPES = ("ellipse", "path", "polygon", "polyline", "rect")
# The music font, whose signs can stand in text, and the units of its size.
_MUSIC_FONT, _EM = "Leipzig", 1000
# The space between one and the text after it.
_BESIDE = 80
# Accidentals of the music font in text, as every font has them.
_ACCIDENTALS = {
    "\ue260": "♭", "\ue261": "♮", "\ue262": "♯", "\uea64": "♭", "\uea65": "♮", "\uea66": "♯",
    "\ued60": "♭", "\ued61": "♮", "\ued62": "♯",
}
_DEGREE = re.compile(r"<degree>.*?</degree>", re.DOTALL)
_ADVANCE = re.compile(r'c="([0-9A-F]+)"[^>]*h-a-x="([0-9.]+)"')
_PLACE = re.compile(r"translate\(([-0-9.]+), *([-0-9.]+)\)")
_SIZE = re.compile(r"scale\(([0-9.]+)")
_SIGN = re.compile(r"#([0-9A-F]+)")
# The space between two lines of a staff, in the units of the music font.
_SPACE = 250.0


def font_files() -> list[Path]:
    """The files of the font, which come with matplotlib; it need not be loaded for them."""
    found = importlib.util.find_spec("matplotlib")
    if found is None or found.origin is None:
        return []
    folder = Path(found.origin).parent / "mpl-data" / "fonts" / "ttf"
    return [folder / name for name in FONT_FILES.values()]


class EngravingError(ValueError):
    """A score cannot be engraved; the message is one sentence."""


@dataclass(frozen=True)
class Paper:
    """A size of paper in millimetres, and how large staves are on it; 1 is as printed."""

    width: float = 210.0
    height: float = 297.0
    zoom: float = 1.0


@dataclass(frozen=True)
class Head:
    """Where a note's head, or the number of its fret, is on a page.

    Attributes:
        id: of the note in the score.
        left, top, width, height: shares of the page's width and height.
    """

    id: str
    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True)
class Page:
    """A page of a score.

    Attributes:
        svg: an SVG document, as large as the paper.
        heads: of the notes that stand there.
        height: in millimetres; that of the paper, or more where one system alone is higher.
    """

    svg: bytes
    heads: tuple[Head, ...]
    height: float


def engrave(
    score: bytes, paper: Paper = Paper(), go_on: GoOn = to_the_end, *, has_title: bool = True
) -> Iterator[Page]:
    """Engraves a score in MusicXML, page by page; `go_on` is called at each.

    Without a title it is for a screen: what is higher than the paper gets a higher page.

    Raises:
        EngravingError: it is no such score.
    """
    import verovio

    verovio.enableLog(verovio.LOG_OFF)
    # It knows where its fonts are in the thread alone that has imported it.
    verovio.setDefaultResourcePath(str(Path(verovio.__file__).parent / "data"))
    toolkit = verovio.toolkit()
    toolkit.setOptions({
        "pageWidth": round(paper.width * 10 / paper.zoom),
        "pageHeight": round(paper.height * 10 / paper.zoom), "footer": "none", "breaks": "auto",
        "header": "auto" if has_title else "none", "font": _MUSIC_FONT,
        "adjustPageHeight": not has_title,
        "smuflTextFont": "none", "svgRemoveXlink": False,
    })
    go_on()
    # The names of chords are written out; what is added to them would be said twice.
    if not toolkit.loadData(_DEGREE.sub("", score.decode("utf-8"))):
        raise EngravingError("the score cannot be engraved")
    glyphs = _Glyphs(Path(verovio.__file__).parent / "data")
    for number in range(1, toolkit.getPageCount() + 1):
        go_on()
        yield _plain(toolkit.renderToSVG(number), paper, glyphs)


class _Glyphs:
    """Outlines of the music font's signs, by character."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        listed = (folder / f"{_MUSIC_FONT}.xml").read_text("utf-8")
        self._advances = {chr(int(code, 16)): float(at) for code, at in _ADVANCE.findall(listed)}

    def advance(self, sign: str) -> float | None:
        """How wide a sign is, in thousandths of its size; None of one that is none."""
        return self._advances.get(sign)

    def path(self, sign: str) -> Element:
        text = (self._folder / _MUSIC_FONT / f"{ord(sign):04X}.xml").read_text("utf-8")
        [path] = ElementTree.fromstring(text).iter("path")  # nosec B314 - Verovio's own
        return path


def _plain(text: str, paper: Paper, glyphs: _Glyphs) -> Page:
    """A page that needs no style sheet, no nesting and no fonts of its own."""
    for prefix, space in (("", _SVG), ("xlink", _XLINK)):
        ElementTree.register_namespace(prefix, space)
    root = ElementTree.fromstring(text)  # nosec B314 - Verovio's own
    [inner] = root.findall(_tag("svg"))
    _, _, width, needed = (float(value) for value in inner.attrib.pop("viewBox").split())
    # Music that is lower than the paper leaves the rest of it free.
    height = max(needed, round(paper.height * width / paper.width))
    in_mm = height * paper.width / width
    root.attrib = {
        "width": f"{paper.width:g}mm", "height": f"{in_mm:g}mm",
        "viewBox": f"0 0 {width:g} {height:g}", "version": "1.1",
    }
    for name in ("style", "desc"):
        for unused in root.findall(_tag(name)):
            root.remove(unused)
    inner.tag = _tag("g")
    inner.attrib = {"class": inner.get("class", "")}
    _walk(inner, glyphs, bold=False, italic=False)
    svg: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return Page(svg, tuple(_heads(inner, width, height, glyphs)), in_mm)


def _heads(
    group: Element, width: float, height: float, glyphs: _Glyphs
) -> Iterator[Head]:
    """The heads of a page of this size, in the units of its drawing."""
    left, top = _moved(group)
    for child in group.iter(_tag("g")):
        if child.get("class") == "page-margin":
            left, top = _moved(child)
        if child.get("class") != "note":
            continue
        box = next((found for part in child.iter() if (found := _box(part, glyphs))), None)
        if box is not None:
            x, y, wide, high = box
            yield Head(
                child.get("id", ""), (left + x) / width, (top + y) / height, wide / width,
                high / height,
            )


def _moved(group: Element) -> tuple[float, float]:
    found = _PLACE.search(group.get("transform", ""))
    return (float(found[1]), float(found[2])) if found else (0.0, 0.0)


def _box(part: Element, glyphs: _Glyphs) -> tuple[float, float, float, float] | None:
    """The box around a head's sign or a fret's number; None of what is neither."""
    if part.tag == _tag("use"):
        found, x_y = _SIGN.match(part.get(f"{{{_XLINK}}}href", "")), _moved(part)
        scale = float(_SIZE.search(part.get("transform", ""))[1])  # type: ignore[index]
        advance = glyphs.advance(chr(int(found[1], 16))) if found else None
        # A head is as high as the space between two lines.
        high = _SPACE * scale
        return x_y[0], x_y[1] - high / 2, (advance or _SPACE) * scale, high
    if part.tag == _tag("text"):
        size = float(part.get("font-size", "0").removesuffix("px"))
        wide = 0.5 * size * len(part.text or "")
        x, y = float(part.get("x", 0)), float(part.get("y", 0))
        return x - (wide / 2 if part.get("text-anchor") == "middle" else 0), y - 0.7 * size, \
            wide, 0.75 * size
    return None


def _tag(name: str) -> str:
    return f"{{{_SVG}}}{name}"


def _walk(group: Element, glyphs: _Glyphs, *, bold: bool, italic: bool) -> None:
    """Gives all that is in a group its own colours and fonts."""
    for index, child in enumerate(list(group)):
        kinds = set(child.get("class", "").split())
        name = child.tag.rpartition("}")[2]
        if "placeholder" in kinds:
            group.remove(child)
        elif name in _SHAPES:
            child.set("stroke", "black")
        elif name == "text":
            place = list(group).index(child) if index else 0
            group.remove(child)
            for offset, part in enumerate(_flat(child, glyphs, bold=bold, italic=italic)):
                group.insert(place + offset, part)
        else:
            _walk(
                child, glyphs, bold=(bold or bool(kinds & _BOLD)) and "label" not in kinds,
                italic=italic or bool(kinds & _ITALIC),
            )


def _flat(text: Element, glyphs: _Glyphs, *, bold: bool, italic: bool) -> Iterator[Element]:
    """A text as lines of one font and size each, and the music signs before them as outlines."""
    place = float(text.get("x", 0)), float(text.get("y", 0))
    (x, y), anchor = place, text.get("text-anchor", "start")
    line, size = "", 0.0
    for run in _runs(text, _Run(x, y, anchor, 0.0, bold, italic)):
        if (run.x, run.y) != place:
            # A line of its own.
            yield from _line(line, x, y, anchor, size, bold=bold, italic=italic)
            place = run.x, run.y
            (x, y), anchor, line, size = place, run.anchor, "", 0.0
        bold, italic = run.bold, run.italic
        for sign in run.text:
            advance = glyphs.advance(sign) if "\ue000" <= sign <= "\uf8ff" else None
            if sign in _ACCIDENTALS:
                line += _ACCIDENTALS[sign]
            elif advance is None:
                line, size = line + sign, run.size
            elif not line.strip():
                scale = run.size / _EM
                outline = Element(_tag("g"), {
                    "transform": f"translate({x:g}, {y:g}) scale({scale:g}, {scale:g})"
                })
                path = glyphs.path(sign)
                outline.append(Element(_tag("path"), dict(path.attrib)))
                yield outline
                x, line = x + (advance + _BESIDE) * scale, ""
    yield from _line(line, x, y, anchor, size, bold=bold, italic=italic)


@dataclass(frozen=True)
class _Run:
    """Text of one place and font, and what what lies within it begins with."""

    x: float
    y: float
    anchor: str
    size: float
    bold: bool
    italic: bool
    text: str = ""


def _runs(element: Element, given: _Run) -> Iterator[_Run]:
    """The texts in an element and those within it, whitespace between them left out."""
    size = element.get("font-size", "").removesuffix("px")
    here = _Run(
        float(element.get("x", given.x)), float(element.get("y", given.y)),
        element.get("text-anchor", given.anchor), float(size or given.size),
        element.get("font-weight", "bold" if given.bold else "") == "bold",
        element.get("font-style", "italic" if given.italic else "") == "italic",
    )
    if element.text and (element.text.strip() or not len(element)):
        yield _with(here, element.text)
    for child in element:
        # A title is for who reads the file.
        if child.tag != _tag("title"):
            yield from _runs(child, here)


def _with(run: _Run, text: str) -> _Run:
    return _Run(run.x, run.y, run.anchor, run.size, run.bold, run.italic, text)


def _line(
    line: str, x: float, y: float, anchor: str, size: float, *, bold: bool, italic: bool
) -> Iterator[Element]:
    if not line.strip():
        return
    # Renderers leave out spaces at the beginning.
    x += 0.25 * size * (len(line) - len(line.lstrip()))
    written = Element(_tag("text"), {
        "x": f"{x:g}", "y": f"{y:g}", "text-anchor": anchor, "font-family": FONT_FAMILY,
        "font-size": f"{size:g}px", "font-weight": "bold" if bold else "normal",
        "font-style": "italic" if italic else "normal", "fill": "black",
    })
    written.text = line.strip()
    yield written
