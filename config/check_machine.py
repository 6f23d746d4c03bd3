"""Say what this machine lacks, and the one command that installs it, before anything fails for want of it.

    python3 config/check_machine.py [--tests] [--packages]

Runs with the system's Python, older ones too, before there is a virtual environment: standard library only.
Exit status 0: nothing is missing; 1: something is. `--tests` looks for what the tests need as well;
`--packages` prints only the names of the missing packages.
"""

import ctypes
import ctypes.util
import importlib.util
import os
import shutil
import sys

OLDEST_PYTHON = (3, 11)

# What WeasyPrint opens to make PDF documents: names on Linux and macOS, and Debian's package.
LIBRARIES = [
    ("GObject", ("libgobject-2.0.so.0", "gobject-2.0"), "libglib2.0-0"),
    ("Pango", ("libpango-1.0.so.0", "pango-1.0"), "libpango-1.0-0"),
    ("Pango for FreeType", ("libpangoft2-1.0.so.0", "pangoft2-1.0"), "libpangoft2-1.0-0"),
    ("HarfBuzz", ("libharfbuzz.so.0", "harfbuzz"), "libharfbuzz0b"),
    ("HarfBuzz Subset", ("libharfbuzz-subset.so.0", "harfbuzz-subset"), "libharfbuzz-subset0"),
    ("Fontconfig", ("libfontconfig.so.1", "fontconfig"), "libfontconfig1"),
]


def open_library(names):
    """Return the first library of these names that can be opened, or None."""
    for name in names:
        for candidate in (name, ctypes.util.find_library(name)):
            try:
                if candidate:
                    return ctypes.CDLL(candidate)
            except OSError:
                continue
    return None


def has_fonts():
    """Return whether Fontconfig knows a font (what `fc-list` would print)."""
    fontconfig = open_library(("libfontconfig.so.1", "fontconfig"))
    if fontconfig is None:
        return False
    fontconfig.FcConfigGetFonts.restype = ctypes.POINTER(ctypes.c_int)  # FcFontSet begins with its length.
    fontconfig.FcConfigGetFonts.argtypes = [ctypes.c_void_p, ctypes.c_int]
    fontconfig.FcInit()
    fonts = fontconfig.FcConfigGetFonts(None, 0)
    return bool(fonts) and fonts[0] > 0


def find_missing(for_tests):
    """Return (what is missing and what for, Debian's package) for each thing that is."""
    missing = []
    if sys.version_info < OLDEST_PYTHON:
        found = ".".join(str(number) for number in sys.version_info[:3])
        missing.append(("Python 3.11 or later ({} is {})".format(sys.executable, found), "python3"))
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        missing.append(("Python's venv and ensurepip, for the virtual environment", "python3-venv"))
    for title, names, package in LIBRARIES:
        if open_library(names) is None:
            missing.append((title + ", for PDF documents", package))
    if not has_fonts():
        missing.append(("a font, for PDF documents", "fonts-dejavu-core"))
    if for_tests and not any(map(shutil.which, ("chromium", "/usr/bin/chromium"))):
        missing.append(("Chromium, for the browser tests", "chromium"))
    if for_tests and shutil.which("pdftoppm") is None:
        missing.append(("pdftoppm of Poppler, for the tests of PDF documents", "poppler-utils"))
    return missing


def main(arguments):
    missing = find_missing(for_tests="--tests" in arguments)
    packages = " ".join(package for _, package in missing)
    if "--packages" in arguments:
        print(packages)
    elif missing:
        print("This machine lacks:\n", file=sys.stderr)
        for title, _ in missing:
            print("  - " + title, file=sys.stderr)
        sudo = "" if os.geteuid() == 0 else "sudo "
        if shutil.which("apt-get"):
            print("\nThis installs it:\n", file=sys.stderr)
            print("  {0}apt-get update && {0}apt-get install -y {1}\n".format(sudo, packages), file=sys.stderr)
        else:
            print("\nDebian's packages are named: {}; yours are similar.\n".format(packages), file=sys.stderr)
        if "python3" in packages.split():
            print(
                "Debian 12 and Ubuntu 24.04 bring a Python that is new enough. Where another is installed\n"
                "beside this one, name it: make setup PYTHON=python3.12\n",
                file=sys.stderr,
            )
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
