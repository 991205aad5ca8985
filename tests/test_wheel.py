"""The wheel holds all that runs: unpacked elsewhere, it signs, verifies and plays the demonstration."""

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NODE_PACKAGES = ("aiosmtpd", "aiosmtplib", "dns", "starlette", "uvicorn")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built wheel, unpacked in a folder of its own."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "dist")]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (built,) = (folder / "dist").iterdir()
    with zipfile.ZipFile(built) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def run(program: str, wheel: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(wheel), "HOME": str(folder), "LANG": "C"}
    return subprocess.run(
        [sys.executable, "-c", program], cwd=folder, env=env, capture_output=True, text=True, timeout=120
    )


def test_the_ten_lines_of_the_readme_need_no_package_of_the_node(wheel: Path, tmp_path: Path) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    absent = f"import sys\nfor name in {NODE_PACKAGES}: sys.modules[name] = None\n"
    ended = run(f"{absent}{block}\nimport esign; print(esign.__file__)", wheel, tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("VALID")
    assert ended.stdout.splitlines()[-1] == str(wheel / "esign" / "__init__.py")


@pytest.mark.slow
def test_the_demonstration_runs_from_the_wheel(wheel: Path, tmp_path: Path) -> None:
    program = (
        "import sys, exat; sys.argv = ['exat', 'demo']; print(exat.__file__)\n"
        "from exat_cli.main import main; main()"
    )
    ended = run(program, wheel, tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines()[0] == str(wheel / "exat" / "__init__.py")
    assert "done in" in ended.stdout
    assert list(tmp_path.iterdir()) == [], "nothing is left behind"


def test_the_wheel_holds_nothing_else(wheel: Path) -> None:
    roots = {path.name for path in wheel.iterdir() if not path.name.endswith(".dist-info")}
    assert roots == {"esign", "exat", "exat_cli", "esign_profiles"}
    assert all((wheel / root / "py.typed").is_file() for root in roots)
    assert not list(wheel.rglob("*.p12")) + list(wheel.rglob("*.key"))
