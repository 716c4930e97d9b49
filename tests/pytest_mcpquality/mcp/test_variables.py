from __future__ import annotations

from pathlib import Path

import pytest

from pytest_mcpquality.mcp.variables import Expansion, variable_of_input


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("plain $HOME $$ ${", "plain $HOME $$ ${"),
        ("${TOKEN}/${env:TOKEN}", "secret/secret"),
        ("${NONE:-x y}", "x y"),
        ("${TOKEN:-x}", "secret"),
        ("${EMPTY}", ""),
        ("${input:api-key}", "from the environment"),
        ("${input:region}", "eu"),
        ("${workspaceFolder}/${workspaceFolderBasename}", "/work/space/space"),
        ("${userHome}${/}${pathSeparator}", "/home/me//"),
    ],
)
def test_variables_are_filled_in(text: str, filled: str) -> None:
    environ = {"TOKEN": "secret", "EMPTY": "", "INPUT_API_KEY": "from the environment", "HOME": "/home/me"}
    expansion = Expansion(environ, Path("/work/space"), {"region": "eu"})
    assert expansion.fill(text) == filled
    assert expansion.missing == []


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("${NONE}${NONE}", "${NONE} has no value: set the variable NONE"),
        ("${env:NONE}", "${env:NONE} has no value: set the variable NONE"),
        ("${input:api-key}", "${input:api-key} has no value: set the variable INPUT_API_KEY"),
        ("${command:pick}", "${command:pick} has no value: there is no such variable"),
        ("${a b}", "${a b} has no value: there is no such variable"),
    ],
)
def test_what_has_no_value_is_reported_once_and_stays(text: str, missing: str) -> None:
    expansion = Expansion({}, Path("/"))
    assert expansion.fill(text) == text
    assert expansion.missing == [missing]


def test_an_input_has_a_variable() -> None:
    assert variable_of_input("my.key-1") == "INPUT_MY_KEY_1"
