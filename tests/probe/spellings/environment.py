"""Files of variables, which systemd and shells read."""

from __future__ import annotations

from tests.probe.spellings.table import Spelling

__all__ = ["SPELLINGS"]


def _file(name: str, lines: str, *keeps: str, path: str = "/etc/default/docker") -> Spelling:
    return Spelling(f"variables/{name}", path, f"DOCKER_TMPDIR=/srv/t\n{lines}\n", ("DOCKER_TMPDIR=/srv/t", *keeps))


_SYSCONFIG = "/etc/sysconfig/docker"
SPELLINGS: list[Spelling] = [
    _file("plain", "APP=«1»\nB=«2»", "APP=REDACTED"),
    _file("double", 'APP="«1» x"'),
    _file("single", "APP='«1» x'"),
    _file("joined", "APP=a'«1»'\"«2»\""),
    _file("lines", 'APP="a\n«1»\nOPTIONS=--x\n«2»"\nDOCKER_HOST=unix:///run/x.sock', "unix:///run/x.sock"),
    _file("lines-in-single", "APP='a\n«1»\nHOME=«2»'"),
    _file("continued", "APP=a \\\n«1» \\\n «2»"),
    _file(
        "export", "export APP=«1»\nexport DOCKER_OPTS='--icc=false --label a=«2»'", "export DOCKER_OPTS=", "--icc=false"
    ),
    _file("comment", "# APP=«1»\n; «2»\n   # «3»"),
    _file("comment-behind", 'DOCKER_OPTS="--icc=false" # «1»'),
    _file("options", "OPTIONS='--label=a=«1» --log-opt tag=«2» --icc=false'", "--icc=false", path=_SYSCONFIG),
    _file("options-unquoted", "DOCKER_OPTS=--label a=«1»"),
    _file("options-in-options", "DOCKER_OPTS='--label \"a=«1» x\" --http-proxy u:«2»@p'", "REDACTED@p"),
    _file(
        "options-word", "DOCKER_OPTS=«1»\nOTHER_ARGS=\"«2»\"\nADD_REGISTRY='--add-registry u:«3»@r'", path=_SYSCONFIG
    ),
    _file("proxy", "HTTP_PROXY=http://u:«1»@p:3128\nhttps_proxy=u:«2»@q\nno_proxy=a,u:«3»@b", "@p:3128", "@q"),
    _file("proxy-quoted", "http_proxy=\"http://u:a'«1»@p\"\nALL_PROXY='http://u:a b «2»@p'"),
    _file("proxy-command", "http_proxy=$(echo «1»)\nHTTPS_PROXY=`cat «2»`"),
    _file("docker", "DOCKER_TOKEN=«1»\nDOCKER_PASSWORD=«2»\nDOCKER_HOST=tcp://u:«3»@h:1\nDOCKER_CONTENT_TRUST=«4»"),
    _file(
        "storage",
        "DOCKER_STORAGE_OPTIONS='--storage-driver devicemapper --storage-opt x=«1»'",
        "devicemapper",
        path="/etc/sysconfig/docker-storage",
    ),
    _file("name", "«1»=x\n2«2»=y\nA B=«3»"),
    _file("two-on-a-line", "APP=«1» OPTIONS=«2»"),
    _file("condition", "if [ -f /x ]; then\n  APP=«1»\nfi\n. /etc/«2»\necho «3»"),
    _file("here", "cat <<X\nAPP=«1»\n«2»\nX"),
    _file("crlf", "APP=«1»\r\nB='«2»'\r"),
    _file("escape", r'APP="a\"«1»"' + "\n" + r"B=a\ «2»"),
    _file("open-quote", 'APP="«1»\nB=«2»'),
    _file("nul", "APP=a\0«1»"),
    _file("blanks", "  APP =  «1»\n\tB=\t«2»"),
    _file("base64", 'KEY="-----BEGIN PRIVATE KEY-----\n«1»=\n«2»==\n-----END PRIVATE KEY-----"'),
    _file(
        "harmless",
        "DOCKER_OPTS=\"--storage-driver vfs --data-root=/srv/x\"\nDOCKER_HOST=tcp://127.0.0.1:2375\nHTTPS_PROXY='http://p.example:3128'",
        '"--storage-driver vfs --data-root=/srv/x"',
        "tcp://127.0.0.1:2375",
        "http://p.example:3128",
    ),
    Spelling("profile/value", "/etc/environment", 'DOCKER_CONTENT_TRUST="«1»"\n', ("DOCKER_CONTENT_TRUST=REDACTED",)),
    Spelling(
        "profile/behind",
        "/etc/profile.d/x.sh",
        "APP=«1»; export DOCKER_CONTENT_TRUST=1; B=«2»\n",
        ("DOCKER_CONTENT_TRUST=1",),
    ),
    Spelling(
        "profile/command",
        "/etc/profile.d/y.sh",
        "export DOCKER_CONTENT_TRUST=$(cat «1»)\n",
        ("DOCKER_CONTENT_TRUST=$",),
    ),
    Spelling(
        "profile/server",
        "/etc/profile",
        "export DOCKER_CONTENT_TRUST_SERVER=https://u:«1»@n DOCKER_CONTENT_TRUST=0\n",
        ("DOCKER_CONTENT_TRUST=0",),
    ),
]
