from __future__ import annotations

from dockworthy.profile.benchmarks import covered, recommendations, sort_key
from dockworthy.profile.selectors import reference_matches
from tests.rows import each_of


@each_of(
    ("prefix", "reference", "matches"),
    [
        ("CIS-Docker-1.6:2.1", "CIS-Docker-1.6:2.1", True),
        ("CIS-Docker-1.6:2.1", "CIS-Docker-1.6:2.10", False),
        ("CIS-Docker-1.6:2.1", "CIS-Docker-1.6:2.1.3", True),
        ("CIS-Docker-1.6:2", "CIS-Docker-1.6:2.10", True),
        ("CIS-Docker-1.6:2", "CIS-Docker-1.6:22", False),
        ("CIS-Docker-1.6:2.", "CIS-Docker-1.6:2.10", True),
        ("CIS-Docker-1.6", "CIS-Docker-1.6:5.5", True),
        ("CIS-Docker-1.6:", "CIS-Docker-1.6:5.5", True),
        ("CIS-Docker-1.6", "CIS-Docker-1.7:5.5", False),
        ("CIS-Docker-1", "CIS-Docker-1.7:5.5", False),
        ("CIS-Docker", "CIS-Docker-1.7:5.5", True),
        ("CIS-Docker-1.7:2.1", "CIS-Docker-1.6:2.1", False),
        ("RFC5280:4.2.1", "RFC5280:4.2.1.10", True),
        ("RFC5280:4.2.1.1", "RFC5280:4.2.1.10", False),
        ("NIST-800-190:4.3", "NIST-800-190:4.3.5", True),
        ("NIST-800-190:4.3", "NIST-800-190:4.30", False),
        ("NIST-800-53r5:AC-6", "NIST-800-53r5:AC-6(7)", True),
        ("NIST-800-53r5:AC-6(1)", "NIST-800-53r5:AC-6(10)", False),
        ("NIST-800-53r5:AC-1", "NIST-800-53r5:AC-17", False),
        ("NIST-800-53r5:AC", "NIST-800-53r5:AC-17(2)", True),
        ("NIST-800-53r5:A", "NIST-800-53r5:AC-17", False),
        ("ISO-27001-2022:A.8", "ISO-27001-2022:A.8.20", True),
        ("ISO-27001-2022:A.8.2", "ISO-27001-2022:A.8.20", False),
        ("ISO-27001", "ISO-27001-2022:A.8.20", True),
        ("PCI-DSS-4.0:10.2.1", "PCI-DSS-4.0:10.2.1.2", True),
        ("PCI-DSS-4.0:1", "PCI-DSS-4.0:10.2.1", False),
        ("DISA-CP-SRG:SRG-APP-000141", "DISA-CP-SRG:SRG-APP-000141-CTR-000315", True),
        ("DISA-CP-SRG:SRG-APP-00014", "DISA-CP-SRG:SRG-APP-000141-CTR-000315", False),
        ("moby", "moby:check-config", True),
        ("moby:check", "moby:check-config", False),
        ("", "moby:check-config", False),
        (":", "moby:check-config", False),
    ],
)
def test_a_reference_prefix_ends_at_a_whole_number(prefix: str, reference: str, matches: bool) -> None:
    assert reference_matches(prefix, reference) is matches


def test_each_benchmark_has_one_denominator() -> None:
    assert len(recommendations("CIS-Docker-1.6")) == 117
    assert len(recommendations("CIS-Docker-1.8")) == 118
    assert recommendations("RFC5280") == []


def test_coverage_names_what_no_check_answers() -> None:
    class Known:
        id, aliases, refs, severity, params = "daemon.icc-disabled", (), ("CIS-Docker-1.6:2.2", "RFC5280:4"), "low", ()

    coverage = covered("CIS-Docker-1.6", [Known()])
    assert coverage.answered == {"2.2": ["daemon.icc-disabled"]}
    assert len(coverage.missing) == 116
    assert "2.2" not in coverage.missing


def test_numbers_are_ordered_as_numbers() -> None:
    assert sorted(["2.10", "2.2", "2", "check-config"], key=sort_key) == ["2", "2.2", "2.10", "check-config"]
    assert sorted(["AC-17", "AC-6(10)", "AC-6", "AC-6(7)"], key=sort_key) == ["AC-6", "AC-6(7)", "AC-6(10)", "AC-17"]
