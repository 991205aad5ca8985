"""Where results go: beside what they were made from, where `--out` says, or in its place."""

import functools
from dataclasses import dataclass
from typing import Any

import click

from exat_cli.failures import Exit, Failure
from exat_cli.options import F, force_option, out_option
from exat_cli.output import check_free, write_output, writing


@dataclass(frozen=True, slots=True)
class Place:
    """What `--out`, `--in-place` and `--force` say together."""

    out: str | None
    in_place: bool
    force: bool

    def of(self, file: str) -> str:
        """Where the result of `file` goes; nothing stands there that must not be overwritten.

        Raises:
            Failure: `place-missing`, `options-clash`, `file-exists` (exit 2).
        """
        if self.out is not None and self.in_place:
            raise Failure("options-clash", Exit.USAGE, one="--out", other="--in-place")
        if self.in_place and file != "-":
            return file
        if self.out is None:
            raise Failure("place-missing", Exit.USAGE, hint="--out FILE | --in-place")
        check_free(self.out, force=self.force)
        return self.out

    def write(self, target: str, data: bytes) -> None:
        """Put the result there, whole or not at all."""
        if self.in_place and target != "-":
            with writing(target, force=True) as file:
                file.write(data)
            return
        write_output(target, data, force=self.force)


def place_options(function: F) -> F:
    """Give the command `--out`, `--in-place` and `--force`; it gets them as `place`."""

    @out_option
    @click.option("--in-place", is_flag=True, help="Put the result in the place of FILE.")
    @force_option
    @functools.wraps(function)
    def command(*args: Any, out: str | None, in_place: bool, force: bool, **kwargs: Any) -> Any:
        return function(*args, place=Place(out, in_place, force), **kwargs)

    return command  # type: ignore[return-value]


def beside(file: str, suffix: str, option: str) -> str:
    """The name of a result that stands beside its file.

    Raises:
        Failure: `place-missing` (exit 2) for what came from stdin.
    """
    if file == "-":
        raise Failure("place-missing", Exit.USAGE, hint=f"{option} FILE")
    return file + suffix
