"""What it takes to read inventories of many hosts: ``python bench/inventory.py [HOSTS]``, by default 50,000.

Each form is read by a process of its own, with ``--limit``; the seconds are the processor's, the memory is the most
that it had. The first line is the interpreter with the modules alone.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

HOSTS = 50_000
_READ = """
import resource, sys
from pathlib import Path
from dockworthy.target.inventory import choose_targets
found = choose_targets([], Path(sys.argv[1]), "web*:&prod:!web00[0-4]*")
used = resource.getrusage(resource.RUSAGE_SELF)
[most] = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(f"{len(found):>8} {used.ru_utime + used.ru_stime:6.2f} s {int(most) // 1024:6} MB")
"""


def forms(number: int) -> dict[str, str]:
    """The same inventory in each form, by the file's name."""
    hosts = {f"web{n:06}": f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}" for n in range(number)}
    ini = "\n".join(f"{name} ansible_host={host} rack='r 1' # told" for name, host in hosts.items())
    yml = "\n".join(f"    {name}:\n      ansible_host: {host}\n      rack: r1" for name, host in hosts.items())
    variables = {name: {"ansible_host": host, "ansible_user": "ops", "rack": "r1"} for name, host in hosts.items()}
    listed = {"_meta": {"hostvars": variables}, "prod": {"children": ["web"]}, "web": {"hosts": list(hosts)}}
    return {
        "one.ini": "web1\n[prod]\nweb1\n",
        "hosts.ini": f"[web]\n{ini}\n[prod:children]\nweb\n[prod:vars]\nansible_user=ops\n",
        "hosts.yml": f"web:\n  hosts:\n{yml}\nprod: {{children: {{web: }}, vars: {{ansible_user: ops}}}}\n",
        "listed.json": json.dumps(listed, indent=4),
    }


def main() -> None:
    """Print a line for each form."""
    number = int(sys.argv[1]) if sys.argv[1:] else HOSTS
    with tempfile.TemporaryDirectory() as folder:
        for name, text in forms(number).items():
            path = Path(folder, name)
            path.write_text(text, "utf-8")
            done = subprocess.run([sys.executable, "-c", _READ, path], capture_output=True, text=True, check=True)
            print(f"{name:<12} {len(text) / 1e6:6.1f} MB of text {done.stdout.rstrip()}")


if __name__ == "__main__":
    main()
