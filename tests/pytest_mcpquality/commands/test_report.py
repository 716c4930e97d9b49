from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mcpquality_reports import json_report
from mcpquality_reports.base import no_sources
from mcpquality_reports.registry import BUILT_IN
from mcpquality_scanners.results import Results
from pytest_mcpquality.cli import main
from tests.reports import hostile, samples


def saved(folder: Path, results: Results, name: str = "results.json") -> Path:
    path = folder / name
    path.write_text(json_report.REPORT.render(results, no_sources), encoding="utf-8")
    return path


@pytest.mark.parametrize(("make", "code"), [(samples.passing, 0), (samples.failing, 1), (samples.incomplete, 130)])
def test_it_ends_as_the_verdict_says(make: Callable[[], Results], code: int, tmp_path: Path) -> None:
    path = saved(tmp_path, make())
    assert main(["report", str(path), "-q"]) == code
    assert main(["report", str(path), "-q", "--exit-zero"]) == 0


def test_what_is_rendered_again_is_the_same(tmp_path: Path) -> None:
    path = saved(tmp_path, samples.compared())
    for one in BUILT_IN:
        if one.name not in {"terminal", "html"}:
            target = tmp_path / one.file
            main(["report", str(path), "-q", f"--format={one.name}={target}"])
            assert target.read_text(encoding="utf-8") == one.load().render(samples.compared(), no_sources)


def test_a_folder_takes_every_format(tmp_path: Path) -> None:
    path = saved(tmp_path, samples.failing())
    assert main(["report", str(path), "-q", f"--format=all={tmp_path / 'a' / 'b'}"]) == 1
    assert {one.name for one in (tmp_path / "a" / "b").iterdir()} == {one.file for one in BUILT_IN}


def test_every_format_takes_the_planted_corpus(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = saved(tmp_path, hostile.results())
    assert main(["report", str(path), f"--format=all={tmp_path / 'out'}", "--exit-zero"]) == 0
    assert not {one for one in capsys.readouterr().err if ord(one) < 0x20 and one != "\n"}


def test_several_results_become_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = saved(tmp_path, samples.passing(), "a.json"), saved(tmp_path, samples.failing(), "b.json")
    assert main(["report", str(good), str(bad), "--format=json"]) == 1
    merged = json.loads(capsys.readouterr().out)
    assert merged["verdict"] == "failed"
    assert len(merged["findings"]) == 17


def test_a_comparison_with_an_earlier_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    now, before = saved(tmp_path, samples.failing()), saved(tmp_path, samples.earlier(), "before.json")
    assert main(["report", str(now), f"--compare={before}", "--format=markdown"]) == 1
    assert "2 new, 1 fixed, 15 unchanged" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.json"], "'missing.json' cannot be read: No such file or directory. Give a file"),
        (["results.json", "results.json"], "'results.json' is named twice"),
        (["other.json"], "'other.json' cannot be read: not a results document"),
        (["results.json", "--format=sarfi"], "did you mean 'sarif'?"),
        (["results.json", "--format=json="], "'json=' has no usable path"),
        (["results.json", "--format=all"], "needs a folder: all=FOLDER"),
        (["results.json", "--format=json=a", "--format=html=a"], "two reports would go to a"),
        (["results.json", "--format=json", "--format=html"], "two reports would go to standard output"),
        (["results.json", "--source=nowhere"], "'nowhere' does not exist"),
    ],
)
def test_wrong_usage_writes_nothing(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    saved(tmp_path, samples.passing())
    (tmp_path / "other.json").write_text("{}", encoding="utf-8")
    assert main(["report", *arguments]) == 2
    assert message in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} == {"results.json", "other.json"}


def test_a_report_that_cannot_be_written_is_not_green(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = saved(tmp_path, samples.passing())
    (tmp_path / "file").touch()
    assert main(["report", str(path), f"--format=all={tmp_path / 'file' / 'x'}", "--exit-zero"]) == 3
    assert "for reports cannot be made" in capsys.readouterr().err


def test_code_is_shown_from_the_named_folder_and_from_nowhere_else(tmp_path: Path) -> None:
    root = tmp_path / "project"
    (root / "src" / "weather").mkdir(parents=True)
    (root / "src" / "weather" / "server.py").write_text("\n".join(samples.SERVER), encoding="utf-8")
    path, page = saved(tmp_path, samples.failing()), tmp_path / "r.html"
    main(["report", str(path), "-q", f"--format=html={page}"])
    assert "the whole output" not in page.read_text(encoding="utf-8")
    main(["report", str(path), "-q", f"--format=html={page}", f"--source={root}"])
    assert "the whole output" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("planted", ["../outside.py", "link.py", "/etc/passwd"])
def test_a_document_cannot_reach_files_outside(planted: str, tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    (tmp_path / "outside.py").write_text("\n".join(samples.SERVER), encoding="utf-8")
    (root / "link.py").symlink_to(tmp_path / "outside.py")
    text = saved(tmp_path, samples.failing()).read_text(encoding="utf-8")
    path = tmp_path / "planted.json"
    path.write_text(text.replace("src/weather/server.py", planted), encoding="utf-8")
    page = tmp_path / "r.html"
    main(["report", str(path), "-q", f"--format=html={page}", f"--source={root}"])
    assert "the whole output" not in page.read_text(encoding="utf-8")
    assert "root:x" not in page.read_text(encoding="utf-8")
