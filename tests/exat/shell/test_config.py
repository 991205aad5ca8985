"""The configuration: every mistake at once, with its line."""

from pathlib import Path

import pytest

from exat.errors import ConfigurationError
from exat.shell.config import FILE, host_port, load_config

GOOD = '[agency]\nname = "Adliya"\ndomain = "adliya.uz"\nnode = "mx.adliya.uz"\n'


def _load(folder: Path, text: str) -> ConfigurationError:
    (folder / FILE).write_text(text, "utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_config(folder)
    return caught.value


def test_what_is_not_said_has_its_default(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(GOOD)
    config = load_config(tmp_path)
    assert (config.limits.recipients, config.limits.message_size) == (100, 33_554_432)
    assert config.trust.crls == ()


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_config(tmp_path)
    assert caught.value.code == "config-missing"


def test_what_is_not_toml_is_told(tmp_path: Path) -> None:
    assert _load(tmp_path, "[agency\n").code == "config-syntax"


def test_every_mistake_is_told_with_its_line(tmp_path: Path) -> None:
    error = _load(tmp_path, GOOD.replace("adliya.uz", "Adliya", 1) + "[limits]\nrecipiens = 5\nidle = 0\n")
    assert error.code == "config-invalid"
    assert "line 3: agency.domain" in error.message
    assert "line 6: limits.recipiens is not known, did you mean recipients?" in error.message
    assert "line 7: limits.idle" in error.message


def test_an_unknown_section_has_its_line_and_a_suggestion(tmp_path: Path) -> None:
    error = _load(tmp_path, GOOD + '[lisen]\nrelay = "127.0.0.1:1"\n')
    assert "line 5: lisen is not known, did you mean listen?" in error.message


def test_a_missing_section_is_told(tmp_path: Path) -> None:
    assert "agency" in _load(tmp_path, "[limits]\n").message


@pytest.mark.parametrize("place", ["nowhere", "127.0.0.1", "127.0.0.1:x", "::1:25", "a b:25", "a:123456"])
def test_a_place_without_host_and_port_is_refused(tmp_path: Path, place: str) -> None:
    assert "listen.relay" in _load(tmp_path, GOOD + f'[listen]\nrelay = "{place}"\n').message


def test_host_and_port_are_taken_apart() -> None:
    assert host_port("127.0.0.1:25") == ("127.0.0.1", 25)
    assert host_port("[::1]:2525") == ("::1", 2525)
