"""`exat pki validate --validation-policy`: each policy that comes with the library, by its name."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from esign.io.profiles import validation_policies
from esign.names import COMMON_NAME
from esign.validation.policy import Policy
from exat_cli.main import cli
from exat_cli.paths import POLICIES
from tests.esign.national.world import USER, issue
from tests.esign.validation.world import AT


def test_the_command_knows_each_policy_of_the_library() -> None:
    assert set(POLICIES) == set(validation_policies())
    assert validation_policies()["default"] == Policy.default()
    assert validation_policies()["national"].name == "national"
    families = ("classical", "post-quantum")
    assert validation_policies()["hybrid"] == replace(Policy.default(), name="hybrid", signatures=families)


@pytest.mark.parametrize(
    ("policy", "status", "indication"), [("national", 0, "PASSED"), ("default", 3, "INDETERMINATE")]
)
def test_national_keys_count_by_the_national_policy_alone(
    policy: str, status: int, indication: str, tmp_path: Path
) -> None:
    root = issue([(COMMON_NAME, "Ildiz")], 11, at=AT, ca=True)
    (tmp_path / "user.pem").write_bytes(issue(USER, 33, at=AT, by=root).certificate.pem)
    (tmp_path / "root.pem").write_bytes(root.certificate.pem)
    (tmp_path / "root.crl").write_bytes(root.crl(AT).raw)
    words = ["pki", "validate", str(tmp_path / "user.pem"), "--trust", str(tmp_path / "root.pem"), "--json"]
    words += ["--crl", str(tmp_path / "root.crl"), "--at", AT.isoformat(), "--validation-policy", policy]
    ran = CliRunner().invoke(cli, words)
    assert ran.exit_code == status, ran.output
    assert json.loads(ran.stdout)["indication"] == indication
