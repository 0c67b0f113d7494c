"""systemd's units and drop-ins, in every spelling that systemd takes."""

from __future__ import annotations

from tests.probe.spellings.table import Spelling

__all__ = ["SPELLINGS"]

PATH = "/etc/systemd/system/docker.service.d/x.conf"
_ENGINE = "/usr/sbin/dockerd"


def _service(name: str, lines: str, *keeps: str) -> Spelling:
    return Spelling(
        f"unit/{name}", PATH, f"[Service]\n{lines}\nLimitNOFILE=4711\n", ("[Service]", "LimitNOFILE=4711", *keeps)
    )


def _start(name: str, arguments: str, *keeps: str) -> Spelling:
    return _service(
        f"exec/{name}", f"ExecStart=\nExecStart={_ENGINE} --mtu=1412 {arguments}", "ExecStart=\n", "--mtu=1412", *keeps
    )


_MOUNTS = [
    Spelling(
        "unit/mount/options",
        "/etc/systemd/system/srv.mount",
        "[Mount]\nWhere=/srv\nOptions=username=u,password=«1»,_netdev,«2»\n",
        ("[Mount]", "Where=/srv", "Options=REDACTED,REDACTED,_netdev,REDACTED"),
    )
]

_ENVIRONMENT = [
    _service("environment/plain", "Environment=APP=«1» B=«2»", "APP=REDACTED", "B=REDACTED"),
    _service("environment/double", 'Environment="APP=x «1» y" "B=«2»"'),
    _service("environment/single", "Environment='APP=x «1» y' 'B=«2»'"),
    _service("environment/inside", "Environment=APP=\"«1»\" B='«2»'"),
    _service("environment/half", 'Environment=APP=a"«1» b"c'),
    _service("environment/continued", "Environment=A=1 \\\n  APP=«1» \\\n  B=«2»"),
    _service("environment/comment-between", "Environment=A=1 \\\n# «1»\n  APP=«2» \\\n; «3»\n B=«4»"),
    _service("environment/value-continued", 'Environment="APP=a \\\n «1»"'),
    _service("environment/blank-before-sign", "Environment = APP=«1»"),
    _service("environment/tab-before-sign", "Environment\t=\tAPP=«1»"),
    _service("environment/indented", "  \tEnvironment=APP=«1»"),
    _service("environment/hex", r"Environment=\x41PP=«1» HTTP\x5fPROXY=http://u:«2»@p"),
    _service("environment/octal", r"Environment=APP=\101«1»"),
    _service("environment/unicode", r"Environment=APP=\u0041«1»"),
    _service("environment/escaped-quote", r'Environment="APP=a\"«1»"'),
    _service("environment/bad-escape", r"Environment=APP=\q«1» B=«2»"),
    _service("environment/open-quote", 'Environment="APP=«1»'),
    _service("environment/no-sign", "Environment=«1»"),
    _service("environment/names", "Environment=«1»=x 2«2»=y"),
    _service(
        "environment/proxies", 'Environment="HTTP_PROXY=http://u:«1»@p:3128" https_proxy=u:«2»@q:1', "@p:3128", "@q:1"
    ),
    _service("environment/proxy-comma", "Environment=HTTPS_PROXY=http://u:a,«1»@p"),
    _service("environment/proxy-specifier", "Environment=HTTPS_PROXY=http://u:%%40«1»%%40p ALL_PROXY=%h«2»"),
    _service("environment/docker", "Environment=DOCKER_TOKEN=«1» DOCKER_CUSTOM_HEADERS=a=«2» DOCKERD_X=«3»"),
    _service(
        "environment/content-trust", "Environment=DOCKER_CONTENT_TRUST=«1» DOCKER_CONTENT_TRUST_SERVER=https://u:«2»@n"
    ),
    _service("environment/options", 'Environment="DOCKER_OPTS=--icc=false --label a=«1»" OPTIONS=«2»', "--icc=false"),
    _service(
        "environment/used", f'Environment="X=--debug «1»" Y=«2»\nExecStart={_ENGINE} $X --label=${{Y}}', "X=--debug"
    ),
    _service("environment/used-name", f"Environment=«1»=x\nExecStart={_ENGINE} $«1»"),
    _service("environment/repeated", "Environment=A=«1»\nEnvironment=\nEnvironment=A=«2»", "Environment=\n"),
    _service("environment/crlf", "Environment=A=«1»\r\nEnvironment=B=«2»\r"),
    _service("environment/unset", "UnsetEnvironment=A=«1» B", "B"),
    _service("environment/pass", "PassEnvironment=A «1»", "PassEnvironment=A"),
]
_COMMANDS = [
    _start("proxy", "--http-proxy http://u:«1»@p:1 --https-proxy=u:«2»@q", "REDACTED@p:1", "REDACTED@q"),
    _start("label", "--label a=«1» --label=b=«2» --label «3»"),
    _start("log-opt", "--log-opt tag=«1» --log-opt=splunk-token=«2» --log-opt max-size=3m", "max-size=3m"),
    _start("unknown", "--token «1» --token=«2» --x-«3»=y -Z«4»"),
    _start("words", "«1» -- --icc=false «2»", "--"),
    _start("quoted", "\"--label=a=«1» b\" '--log-opt' 'tag=«2» c'"),
    _start("hex", r"--lab\x65l a=«1» --log-opt t\x61g=«2»"),
    _start("glued", "--la\"bel\"=a=«1» '--log-opt'=tag=«2»"),
    _start("continued", "--label \\\n  a=«1» \\\n# «2»\n --log-opt \\\n tag=«3»"),
    _start("semicolons", "--debug ; /usr/bin/curl -u u:«1» https://h/«2» ; /bin/echo «3»", "--debug ; /usr/bin/curl"),
    _start("open-quote", '--label "a=«1»'),
    _start("open-quote-before", '"--icc --label a=«1»'),
    _start("variable", "--label a=«1»$X ${«2»} $«3»"),
    _start("specifier", "--label a=%z«1» %H«2»"),
    _start("bool", "--icc=«1» --debug «2»"),
    _start("letters", "-l«1»@x -Z«2» -H=u:«3»@h -G a«4»@b"),
    _start("runtime", "--add-runtime nv=/usr/bin/nv?«1» --add-runtime «2»", "nv="),
    _start("address", "--registry-mirror https://u:«1»@m --insecure-registry u:«2»@r -H tcp://u:«3»@h:1"),
    _start("place", "/opt/«1» /data/«2»/x"),
    _start("harmless-value", "--log-driver «1» --group=«2» --dns-search «3» --bip=«4»"),
    _start("exec-opt", "--exec-opt foo=«1» --storage-opt x=«2» --default-network-opt bridge=x=«3»"),
    _service(
        "exec/pre", "ExecStartPre=-/usr/bin/docker run -e A=«1» --rm x «2»", "ExecStartPre=-/usr/bin/docker REDACTED"
    ),
    _service("exec/curl", "ExecStartPost=+/usr/bin/curl -u u:«1» https://u:«2»@h", "/usr/bin/curl REDACTED"),
    _service("exec/sh", "ExecStartPre=/bin/sh -c 'X=«1»; curl -H «2» h'"),
    _service(
        "exec/sh-engine",
        "ExecStart=/bin/sh -c 'exec /usr/bin/dockerd --icc=false --label a=«1»; echo «2»'",
        "--icc=false",
    ),
    _service("exec/sh-variables", 'ExecStart=/bin/sh -c "TOKEN=«1» exec /usr/bin/dockerd $OPTS"'),
    _service(
        "exec/env",
        "ExecStart=/usr/bin/env APP=«1» HTTP_PROXY=http://u:«2»@p /usr/bin/dockerd --mtu 1413 --label a=«3»",
        "1413",
        "@p",
    ),
    _service("exec/argv0", "ExecStart=@/usr/bin/dockerd «1» --label a=«2» --mtu 1414", "1414"),
    _service("exec/program", 'ExecStart=«1» --x\nExecStart=/«2»?x\nExecStart="/bin/a «3»"\nExecReload=u:«4»@h'),
    _service(
        "exec/stop", "ExecStop=/bin/x «1»\nExecStopPost=/bin/x «2»\nExecCondition=/bin/x «3»\nExecReload=/bin/x «4»"
    ),
    _service("exec/blank-before-sign", "ExecStart\t = /usr/bin/dockerd --label a=«1»"),
    _service("exec/lower-case", "execstart=/bin/x «1»"),
]
_OTHER = [
    _service("comment", "# Environment=APP=«1»\n; old: «2»\n  # «3»"),
    _service("comment-continued", "# Environment=APP=\\\n«1»\n"),
    _service("credential", "SetCredential=tok:«1»\nSetCredentialEncrypted=tok: \\\n «2»\nLoadCredential=tok:/etc/«3»"),
    _service("unknown-key", "X-Token=«1»\nPassword=«2»\n«3»=x", "X-Token=REDACTED"),
    _service("standard-input", "StandardInputText=«1»\nStandardInputData=«2»"),
    _service("no-sign", "«1»\nEnvironment «2»"),
    _service("description", "[Unit]\nDescription=«1»\nDocumentation=https://u:«2»@h\n[Service]"),
    _service("signs", "OnFailure=u:«1»@h.service «2»@h.service x@h«3»\nSystemCallFilter=@«4»"),
    _service("keep-with-address", "User=u:«1»@h\nWorkingDirectory=https://u:«2»@h/x"),
    _service(
        "environment-file",
        "EnvironmentFile=-/etc/default/docker\nEnvironmentFile=/etc/x?token=«1»@h",
        "-/etc/default/docker",
    ),
    Spelling("unit/outside", PATH, "Environment=A=«1»\n[X-Site]\nType=«2»\n[Service]\nType=notify\n", ("Type=notify",)),
    Spelling("unit/section", PATH, "[Service]\nType=notify\n[«1»]\nA=«2»\n", ("Type=notify",)),
    Spelling("unit/open-section", PATH, "[Service]\nType=notify\n[«1»\nEnvironment=A=«2»\n", ("Type=notify",)),
    Spelling("unit/bom", PATH, "\ufeff[Service]\nType=notify\nEnvironment=A=«1»\n", ("Type=notify",)),
    Spelling("unit/no-end", PATH, "[Service]\nType=notify\nEnvironment=A=«1»", ("Type=notify",)),
    Spelling("unit/ends-continued", PATH, "[Service]\nType=notify\nEnvironment=A=«1» \\", ("Type=notify",)),
    Spelling("unit/nul", PATH, "[Service]\nType=notify\nEnvironment=A=\0«1»\n", ("Type=notify",)),
    Spelling("unit/alone", PATH, "«1»", ()),
    Spelling(
        "unit/many",
        PATH,
        "[Service]\n" + "".join(f"Environment=A{n}=«1» \\\n  B=«2»\n" for n in range(200)),
        ("[Service]",),
    ),
]
_HARMLESS = [
    _start(
        "harmless/flags",
        "--storage-driver vfs --data-root /srv/dx --icc=false",
        "--storage-driver vfs --data-root /srv/dx --icc=false",
    ),
    _start(
        "harmless/hosts",
        "-H fd:// -H tcp://0.0.0.0:2376 --tlsverify --tlskey=/k.pem",
        "-H fd:// -H tcp://0.0.0.0:2376 --tlsverify --tlskey=/k.pem",
    ),
    _start(
        "harmless/quoted",
        "'--log-driver' \"json-file\" --log-opt 'max-size=5m'",
        "'--log-driver' \"json-file\" --log-opt 'max-size=5m'",
    ),
    _start(
        "harmless/variables",
        "$DOCKER_OPTS ${MORE} --data-root=${ROOT} %t/x",
        "$DOCKER_OPTS ${MORE} --data-root=${ROOT}",
    ),
    _start(
        "harmless/values",
        "--bip 10.1.0.1/24 --dns 1.1.1.1 --default-ulimit nofile=1024:2048 --add-runtime nv=/usr/bin/nv",
        "--bip 10.1.0.1/24 --dns 1.1.1.1 --default-ulimit nofile=1024:2048 --add-runtime nv=/usr/bin/nv",
    ),
    _start(
        "harmless/registries",
        "--registry-mirror=https://m.example --insecure-registry 10.0.0.0/8 --exec-opt native.cgroupdriver=systemd",
        "--registry-mirror=https://m.example --insecure-registry 10.0.0.0/8 --exec-opt native.cgroupdriver=systemd",
    ),
    _service(
        "harmless/service",
        "Type=notify\nUser=root\nDelegate=yes\nKillMode=process\nOOMScoreAdjust=-500\nTasksMax=infinity",
        "Type=notify\nUser=root\nDelegate=yes\nKillMode=process\nOOMScoreAdjust=-500\nTasksMax=infinity",
    ),
    _service(
        "harmless/proxy",
        'Environment="HTTPS_PROXY=http://p.example:3128" "NO_PROXY=localhost,10.0.0.0/8"',
        "http://p.example:3128",
        "NO_PROXY=localhost,10.0.0.0/8",
    ),
    _service(
        "harmless/signs",
        "[Unit]\nOnFailure=notify@%n.service getty@tty1.service\n[Service]\nSystemCallFilter=~@mount @clock",
        "OnFailure=notify@%n.service getty@tty1.service\n",
        "SystemCallFilter=~@mount @clock\n",
    ),
    Spelling(
        "unit/harmless/abstract-socket",
        "/etc/systemd/system/docker.socket",
        "[Socket]\nListenStream=@engine\n",
        ("=@engine",),
    ),
    Spelling(
        "unit/harmless/socket",
        "/etc/systemd/system/docker.socket",
        "[Socket]\nListenStream=/run/docker.sock\nSocketMode=0660\nSocketGroup=docker\n",
        ("ListenStream=/run/docker.sock\nSocketMode=0660\nSocketGroup=docker",),
    ),
]
SPELLINGS: list[Spelling] = [*_MOUNTS, *_ENVIRONMENT, *_COMMANDS, *_OTHER, *_HARMLESS]
