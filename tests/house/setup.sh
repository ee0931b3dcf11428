#!/bin/sh
# Makes the virtual environment that the Makefile's targets run in, or brings it up to date.
# usage: sh tests/house/setup.sh FOLDER      (from the repository's root)
# Quick when nothing changed: the stamp holds a checksum of what decides the installation.
set -eu

venv=$1
python="$venv/bin/python"
stamp="$venv/.dryfill-stamp"
# The native engine is made anew when its source changed, and when cargo has come or gone.
cargo=$(command -v cargo || true)
wanted=$(
    { cat pyproject.toml constraints.txt tests/house/setup.sh matching/native/Cargo.toml \
        matching/native/src/*.rs matching/native/src/*/*.rs; echo "${cargo:+cargo}"; } | cksum
)

# mypy reads the rooms through this link (docs/decisions/0001); `build` is ignored by git.
if [ ! -e build/pkg/dryfill/pyproject.toml ]; then
    mkdir -p build/pkg
    rm -f build/pkg/dryfill
    ln -s ../.. build/pkg/dryfill
fi

if [ -x "$python" ] && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
    exit 0
fi

# An environment that somebody made by hand is kept if it works; a broken one is made anew.
if ! "$python" -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    found=
    for candidate in ${PYTHON:-} python3.13 python3.12 python3.11 python3 python; do
        if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
            2>/dev/null; then
            found=$candidate
            break
        fi
    done
    if [ -z "$found" ]; then
        echo "dryfill: no Python 3.11 or newer with venv was found on PATH." >&2
        echo "Install one (on Debian and Ubuntu also python3-venv) or name it: make PYTHON=... " >&2
        exit 1
    fi
    echo "dryfill: making $venv with $("$found" --version)"
    "$found" -m venv --clear "$venv"
fi

echo "dryfill: installing what the checks and the demo need into $venv (once)"
# setuptools comes first and pinned, so that the build does not fetch another one.
"$python" -m pip install --quiet --disable-pip-version-check -c constraints.txt \
    setuptools setuptools-rust wheel
# What cargo makes stays below `build`, and is used again.
CARGO_TARGET_DIR=$PWD/build/cargo
export CARGO_TARGET_DIR
rm -f matching/native/core*.so matching/native/core*.pyd
# setuptools warns that an editable root may shadow itself; decision 0001 says why it may.
PYTHONWARNINGS=ignore "$python" -m pip install --quiet --disable-pip-version-check -c constraints.txt \
    --no-build-isolation --editable '.[dev]'
"$python" -c 'from dryfill.matching.engines import chosen
print("dryfill: the engine that matches is", chosen(), "(native needs cargo and its crates)")'
printf '%s\n' "$wanted" >"$stamp"
