#!/usr/bin/env bash
# Makes this folder ready to run: the system's missing libraries, then .venv with the packages that
# are asked for, or more. Does nothing when that is done already.
#
#   .ci/set-up.sh [run]      what listening needs
#   .ci/set-up.sh train      and the training
#   .ci/set-up.sh dev        and the checks and tests
#   .ci/set-up.sh tests      and what only the tests need of the system
#
# From the environment: PYTHON, the interpreter to use; PIP_ARGS, further arguments for pip.
set -euo pipefail
cd "$(dirname "$0")/.."

for_tests=false
level=${1:-run}
case "$level" in
    run | train | dev) ;;
    tests) level=dev for_tests=true ;;
    *)
        echo "usage: .ci/set-up.sh [run | train | dev | tests]" >&2
        exit 2
        ;;
esac

# ---- Python -------------------------------------------------------------------------------------

fits() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    local candidate
    for candidate in ${PYTHON:+"$PYTHON"} python3 python3.14 python3.13 python3.12 python3.11; do
        if fits "$candidate"; then
            python=$candidate
            return
        fi
        [ -z "${PYTHON:-}" ] || break
    done
    echo "Noteglow needs Python 3.11 or newer and ${PYTHON:-python3} is not:" \
        "install one and name it, as in 'make venv PYTHON=python3.12'." >&2
    exit 1
}

# ---- Libraries of the system --------------------------------------------------------------------

# Prints the Debian packages of the libraries that are not here. The libraries are looked for by
# name, because a package's name changes from one release to the next and other systems have them
# too.
missing_packages() {
    local libraries library package
    libraries=$(PATH="$PATH:/usr/sbin:/sbin" ldconfig -p)
    while read -r library package; do
        case "$libraries" in
            *"	$library "*) ;;
            *) echo "$package" ;;
        esac
    done <<'LIBRARIES'
libportaudio.so.2 libportaudio2
libEGL.so.1 libegl1
libGL.so.1 libgl1
libglib-2.0.so.0 libglib2.0-0
libgthread-2.0.so.0 libglib2.0-0
libdbus-1.so.3 libdbus-1-3
libfontconfig.so.1 libfontconfig1
libfreetype.so.6 libfreetype6
libX11.so.6 libx11-6
libX11-xcb.so.1 libx11-xcb1
libxkbcommon.so.0 libxkbcommon0
libxkbcommon-x11.so.0 libxkbcommon-x11-0
libxcb.so.1 libxcb1
libxcb-cursor.so.0 libxcb-cursor0
libxcb-glx.so.0 libxcb-glx0
libxcb-icccm.so.4 libxcb-icccm4
libxcb-image.so.0 libxcb-image0
libxcb-keysyms.so.1 libxcb-keysyms1
libxcb-randr.so.0 libxcb-randr0
libxcb-render.so.0 libxcb-render0
libxcb-render-util.so.0 libxcb-render-util0
libxcb-shape.so.0 libxcb-shape0
libxcb-shm.so.0 libxcb-shm0
libxcb-sync.so.1 libxcb-sync1
libxcb-util.so.1 libxcb-util1
libxcb-xfixes.so.0 libxcb-xfixes0
libxcb-xkb.so.1 libxcb-xkb1
LIBRARIES
    # Debian keeps out of python3 what makes virtual environments.
    makes_venvs || "$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'
}

makes_venvs() {
    "$python" -c 'import ensurepip' 2>/dev/null
}

# A sound server without a sound card, for the test that plays into a microphone. A machine that
# has one of its own keeps it.
missing_test_packages() {
    if ! command -v pulseaudio >/dev/null && ! command -v pipewire >/dev/null; then
        echo pulseaudio pulseaudio-utils libasound2-plugins
    fi
}

# as_root COMMAND...: fails where neither root nor sudo is at hand.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
        sudo "$@"
    else
        return 1
    fi
}

# install PACKAGE...: through apt, with fresh lists when the old ones do not do.
install() {
    command -v apt-get >/dev/null || return 1
    local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120)
    local get=("${apt[@]}" install -y --no-install-recommends --no-remove "$@")
    as_root true || return 1
    echo "Installing through apt: $*"
    as_root "${get[@]}" >/dev/null 2>&1 ||
        { as_root "${apt[@]}" update >/dev/null && as_root "${get[@]}" >/dev/null; }
}

set_up_system() {
    [ "$(uname -s)" = Linux ] || return 0
    local missing
    missing=$(missing_packages | sort -u | xargs)
    # The names are words: they are meant to be split.
    # shellcheck disable=SC2086
    if [ -n "$missing" ] && ! install $missing; then
        echo "Please install what is missing here: sudo apt-get install $missing" >&2
        # The program works without a window, and without a microphone; the tests do not.
        if $for_tests || ! makes_venvs; then exit 1; fi
    fi
    if $for_tests; then
        missing=$(missing_test_packages)
        # shellcheck disable=SC2086
        if [ -n "$missing" ] && ! install $missing; then
            echo "The tests with a sound server are skipped; they need: $missing" >&2
        fi
    fi
}

# ---- The virtual environment --------------------------------------------------------------------

# What .venv is made from: the lists of packages, their versions, and the Python they are for.
wanted() {
    "$python" - <<'PY'
import hashlib, json, pathlib, sys, tomllib
file = tomllib.loads(pathlib.Path("pyproject.toml").read_text("utf-8"))
lists = [file["project"][name] for name in ("dependencies", "optional-dependencies")]
lists += [file["dependency-groups"], pathlib.Path(".ci/constraints.txt").read_text("utf-8")]
print(sys.version_info[:2], hashlib.sha256(json.dumps(lists).encode()).hexdigest())
PY
}

# reaches HAS ASKED: whether an environment that has the packages of one level has those of another.
reaches() {
    case "$1 $2" in
        "run train" | "run dev" | "train dev") return 1 ;;
    esac
}

# librosa compiles its loops when they are first used and keeps them. That takes a quarter of a minute
# of whoever first asks for bars, and two processes that do it at once may spoil what is kept.
compile_loops() {
    .venv/bin/python -c '
import numpy
from app.music.beat_tracking import find_beats

clicks = numpy.zeros(8 * 22_050, numpy.float32)
clicks[::11_025] = 1
find_beats([clicks], 22_050)
' || echo "The beats of music are found all the same, but later." >&2
}

set_up_venv() {
    # Two lines, what it was made from and the level that it has. Written last: without it the
    # set-up was interrupted, and begins again.
    local stamp=.venv/set-up.stamp want has='' has_level=run
    want=$(wanted)
    if .venv/bin/python -c '' 2>/dev/null && [ -f "$stamp" ]; then
        { read -r has && read -r has_level; } <"$stamp" || { has='' has_level=run; }
        if reaches "$has_level" "$level"; then
            [ "$has" != "$want" ] || return 0
            # Whoever tests today and listens tomorrow keeps the tests' packages.
            level=$has_level
        fi
        # Packages that are added leave those that are here as they are, even if that fails.
        [ "$has" = "$want" ] || rm -f "$stamp"
    else
        echo "Creating .venv"
        if ! "$python" -m venv --clear .venv; then
            echo "The virtual environment .venv could not be created with $python." >&2
            exit 1
        fi
    fi
    echo "Installing packages into .venv ($level): this takes some minutes the first time"
    if ! .venv/bin/python .ci/install.py "$level"; then
        echo "The packages could not be installed; what pip said stands above." >&2
        exit 1
    fi
    compile_loops
    printf '%s\n%s\n' "$want" "$level" >"$stamp"
}

find_python
set_up_system
set_up_venv
