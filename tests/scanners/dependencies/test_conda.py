from __future__ import annotations

import pytest

from mcpquality_scanners.dependencies import Kind, UnreadableError, discover
from mcpquality_scanners.dependencies.conda import read_conda

ENVIRONMENT = """
name: science
channels: [conda-forge]
dependencies:
  - python=3.12
  - conda-forge::numpy>=1.26
  - scipy
  - pip
  - pip:
      - idna==3.4
      - rich>=13
      - -r more.txt
"""


def test_pips_part_is_read_and_condas_is_named() -> None:
    reading = read_conda("environment.yml", ENVIRONMENT)
    assert [(pin.name, pin.version, pin.origin.line) for pin in reading.pins] == [("idna", "3.4", 10)]
    assert [str(wanted.requirement) for wanted in reading.loose] == ["rich>=13"]
    assert [item.name for item in reading.unseen] == [
        "environment.yml: -r more.txt",
        "environment.yml: conda-forge::numpy>=1.26, scipy",
    ]


def test_many_packages_are_counted() -> None:
    text = "dependencies:\n" + "".join(f"- p{number}\n" for number in range(12))
    assert read_conda("environment.yml", text).unseen[0].name.endswith("p9 and 2 more")


@pytest.mark.parametrize("text", ["", "dependencies: [python, pip]", "dependencies: no", "a: 1"])
def test_what_holds_no_packages(text: str) -> None:
    if not text:
        with pytest.raises(UnreadableError):
            read_conda("environment.yml", text)
        return
    reading = read_conda("environment.yml", text)
    assert (reading.pins, reading.unseen) == ((), ())


@pytest.mark.parametrize("text", ["[", "a: &x 1\nb: *x\n"])
def test_what_does_not_parse(text: str) -> None:
    with pytest.raises(UnreadableError):
        read_conda("environment.yml", text)


@pytest.mark.parametrize("name", ["conda-lock.yml", "linux.conda-lock.yml", "pixi.lock", "pixi.toml"])
def test_lock_files_are_named(name: str) -> None:
    assert [manifest.kind for manifest in discover((name,))] == [Kind.CONDA]
    assert [item.name for item in read_conda(name, "x").unseen] == [name]
