"""The playbook that rolls out what a rehearsal with other files was judged with, played by Ansible itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from dockworthy.report.fixes.ansible import render_ansible
from dockworthy.report.fixes.plan import plan
from tests.report.test_rollout import rolled_out


def test_the_playbook_puts_what_was_judged_where_it_was_taken_to_lie_once(tmp_path: Path) -> None:
    results = rolled_out(tmp_path)
    book = render_ansible(results, plan(results)).replace("become: true", "become: false")
    (tmp_path / "host" / "etc" / "docker").mkdir(parents=True)
    (tmp_path / "book.yaml").write_text(book.replace("shell: systemctl restart docker", 'shell: "true"'))
    (tmp_path / "hosts.ini").write_text(f"web1 ansible_connection=local ansible_python_interpreter={sys.executable}\n")
    play = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "hosts.ini", "book.yaml"]
    docker = tmp_path / "host" / "etc" / "docker"
    for changes in ("changed=3", "changed=0"):
        done = subprocess.run(
            play,
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
            env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"},
        )
        assert changes in done.stdout, done.stdout + done.stderr
        assert (docker / "daemon.json").read_text() == '{"icc": false}\n'
        assert (docker / "certs.d" / "one.test:5000" / "client.key").stat().st_mode & 0o777 == 0o400
