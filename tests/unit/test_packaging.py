"""What a built package carries: everything that stands beside the code, translations compiled."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = {".pyc", ".mo", ".pot", ".tmp"}
METADATA = ("setup.cfg", "setup.py", "pyproject.toml", "MANIFEST.in", "README.md")


def sources():
    files = (path for top in ("core", "plugins") for path in (ROOT / top).rglob("*") if path.is_file())
    return {str(path.relative_to(ROOT)) for path in files if path.suffix not in LEFT_OUT}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The names of the files in a wheel built from a copy of the sources."""
    copy, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for top in ("core", "plugins"):
        shutil.copytree(ROOT / top, copy / top, ignore=shutil.ignore_patterns("__pycache__", "*.mo"))
    for name in METADATA:
        shutil.copy(ROOT / name, copy / name)
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", target, copy]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    (built,) = target.glob("sanbao-*.whl")
    with zipfile.ZipFile(built) as archive:
        yield {name for name in archive.namelist() if ".dist-info/" not in name}


def test_every_source_file_is_in_the_package(wheel):
    assert sorted(sources() - wheel) == []


def test_nothing_else_is_in_the_package_but_compiled_translations(wheel):
    catalogues = {name for name in sources() if name.endswith(".po")}
    assert sorted(wheel - sources()) == sorted(name.removesuffix(".po") + ".mo" for name in catalogues)
    assert catalogues


def test_the_metadata_file_of_the_build_says_nothing_else():
    assert [line for line in (ROOT / "pyproject.toml").read_text().splitlines() if line.startswith("[")] == [
        "[build-system]"
    ]
    assert len((ROOT / "pyproject.toml").read_text().splitlines()) == 3


def test_every_dependency_is_pinned():
    import configparser
    import re

    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    wanted = f"{config['options']['install_requires']}\n{config['options.extras_require']['test']}"
    names = [re.match(r"[\w.-]+", line).group() for line in wanted.split("\n") if line.strip()]
    pinned = re.findall(r"^([\w.-]+)==", (ROOT / "constraints.txt").read_text(), flags=re.MULTILINE)

    def plain(name):
        return re.sub(r"[-_.]+", "-", name).lower()

    assert len(names) > 30
    assert sorted(set(map(plain, names)) - set(map(plain, pinned))) == []
