"""Harbor's docker-compose.yml: what may be a secret in a service, and the names that must stay."""

from __future__ import annotations

from tests.probe.spellings.table import Spelling

__all__ = ["SPELLINGS"]

PATH = "/opt/harbor/docker-compose.yml"
HEAD = "services:\n  core:\n    image: goharbor/harbor-core:v2.12.2\n    container_name: harbor-core\n"
TAIL = "networks:\n  harbor:\n    external: false\n"
KEPT = (
    "services:\n  core:\n    image: goharbor/harbor-core:v2.12.2\n",
    "container_name: harbor-core\n",
    "networks:\n  harbor:\n    external: false\n",
)
# Members of the service.
SERVICE = {
    "environment-map": "environment:\n  APP_MODE: «1»\n  DB_PASSWORD: '«2»'\n",
    "environment-list": "environment:\n  - APP_MODE=«1»\n  - 'B=«2» «3»'\n",
    "environment-list-no-value": "environment:\n  - «1»\n",
    "environment-list-flow": 'environment: ["APP_MODE=«1»", B=«2»]\n',
    "environment-names": "environment:\n  «1»: x\n  - y\n".replace("  - y\n", ""),
    "environment-literal": "environment:\n  KEY: |\n    «1»\n    «2»\n",
    "environment-folded": "environment:\n  KEY: >-\n    «1»\n",
    "environment-next-line": "environment:\n  KEY:\n    «1»\n",
    "environment-complex": "environment:\n  ? KEY\n  : «1»\n",
    "environment-anchor": "environment: &e\n  KEY: «1»\nlabels: *e\n",
    "environment-merge": "environment:\n  <<: {KEY: «1»}\n  OTHER: «2»\n",
    "environment-quoted-key": 'environment:\n  "\\u004bEY": "«1»"\n',
    "environment-number": "environment: {PIN: 234567}\n",
    "command-text": "command: server --opt «1»\n",
    "command-list": 'command: ["server", "--opt", "«1»"]\n',
    "command-block": "command:\n  - server\n  - --opt=«1»\n",
    "entrypoint": "entrypoint:\n  - /bin/sh\n  - -c\n  - «1»\n",
    "build-args-map": "build:\n  context: .\n  args:\n    VERSION: «1»\n",
    "build-args-list": "build:\n  context: .\n  args:\n    - VERSION=«1»\n    - «2»\n",
    "build-url": "build: https://u:«1»@git.example/x.git#«2»\n",
    "build-inline": "build:\n  dockerfile_inline: |\n    RUN «1»\n",
    "labels-list": "labels:\n  - team.note=«1»\n",
    "labels-map": "labels:\n  team.note: «1»\n  «2»: x\n",
    "healthcheck": "healthcheck:\n  test: curl -u u:«1» http://x\n  interval: 30s\n",
    "healthcheck-list": 'healthcheck: {test: ["CMD", "curl", "-u", "u:«1»"]}\n',
    "logging": "logging:\n  driver: splunk\n  options: {splunk-token: «1», splunk-url: 'https://u:«2»@s', tag: «3»}\n",
    "unknown": "vault: «1»\n",
    "extension": "x-note: {a: [«1»]}\n",
    "env-file-url": "env_file: https://u:«1»@x/.env\n",
    "image-user": "x: y\n",
    "extra-hosts": "extra_hosts:\n  - «1»:10.0.0.1\n",
    "sysctls": "sysctls: {net.core.somaxconn: «1»}\n",
    "secrets-long": "secrets:\n  - source: a\n    target: «1»x\n".replace("«1»x", "b") + "x-s: «1»\n",
    "credential-spec": "credential_spec: {config: «1»}\n",
    "annotations": "annotations:\n  note: «1»\n",
    "hostname": "hostname: u:«1»@core\n",
    "user": "user: «1»\n",
    "restart": "restart: «1»\n",
    "cap-add": "cap_add: [«1»]\n",
    "ports": "ports: ['«1»']\n",
    "volumes": "volumes: ['«1»']\n",
    "volumes-url": "volumes: ['http://u:«1»@h/x:/y']\n",
    "comment": "# PASSWORD=«1»\nrestart: always # «2»\n",
    "tmpfs": "tmpfs: «1»\n",
    "dns": "dns: ['u:«1»@10.0.0.1']\n",
}
# Members of the whole file.
FILE = {
    "configs-content": "configs:\n  a:\n    content: |\n      «1»\n",
    "secrets-content": "secrets:\n  a:\n    content: «1»\n    environment: «2»\n",
    "secrets-file": "secrets: {a: {file: ./secret.txt, labels: {b: «1»}}}\n",
    "driver-options": "volumes:\n  data:\n    driver: local\n"
    "    driver_opts: {o: 'username=u,password=«1»', device: //h/«2»}\n",
    "network-options": "x-net: 1\n",
    "extension": "x-common: &c\n  environment: {A: «1»}\nx-other: *c\n",
    "extension-text": "x-secret: &s «1»\nx-more:\n  - *s\n",
    "include": "include:\n  - https://u:«1»@h/x.yml\n",
    "name": "name: harbor\nx-«1»: «2»\n",
}
WHOLE = {
    "flow": "{services: {core: {image: 'goharbor/harbor-core:v2.12.2', container_name: harbor-core, "
    "environment: {A: «1»}}}, "
    "networks: {harbor: {external: false}}}\n",
    "json": '{"services":{"core":{"image":"goharbor/harbor-core:v2.12.2","container_name":"harbor-core",'
    '"environment":["A=«1»"],'
    '"command":"x «2»"}},"networks":{"harbor":{"external":false}}}',
    "merge": "services:\n  core:\n    image: goharbor/harbor-core:v2.12.2\n    container_name: harbor-core\n"
    "    environment: &e {A: «1»}\n  job:\n    environment:\n      <<: *e\n      B: «2»\n" + TAIL,
    "crlf": (HEAD + "    environment:\n      A: «1»\n" + TAIL).replace("\n", "\r\n"),
}
REFUSED = {
    "reset": "    environment: !reset {A: «1»}\n",
    "tab": "    environment:\n\tA: «1»\n",
    "unclosed": "    environment: [A=«1»\n",
    "anchor-twice": "    environment: &a {A: «1»}\n    labels: &a {B: «2»}\n",
}
HARMLESS = (
    "    restart: always\n    cap_drop: [ALL]\n    cap_add:\n      - CHOWN\n      - SETGID\n"
    "    user: 999:999\n    read_only: on\n"
    "    env_file:\n      - ./common/config/core/env\n    volumes:\n      - /data/ca_download/:/etc/core/ca/:z\n"
    "      - type: bind\n        source: ./common/config/core/app.conf\n        target: /etc/core/app.conf\n"
    "    networks:\n      harbor:\n        aliases: [harbor-core]\n    depends_on: [log, registry]\n"
    "    ports:\n      - 80:8080\n      - 127.0.0.1:1514:10514\n    dns_search: .\n"
    "    logging:\n      driver: syslog\n      options: {max-size: 10m}\n"
    "    healthcheck: {interval: 30s, disable: no}\n"
)

SPELLINGS: list[Spelling] = [
    *(
        Spelling(
            f"compose/service/{name}",
            PATH,
            HEAD + "".join(f"    {line}\n" for line in text.splitlines()) + TAIL,
            KEPT,
        )
        for name, text in SERVICE.items()
    ),
    *(Spelling(f"compose/file/{name}", PATH, HEAD + text + TAIL, KEPT) for name, text in FILE.items()),
    *(Spelling(f"compose/whole/{name}", PATH, text, KEPT) for name, text in WHOLE.items()),
    *(Spelling(f"compose/refused/{name}", PATH, HEAD + text + TAIL, carries=False) for name, text in REFUSED.items()),
    Spelling(
        "compose/image-with-user",
        PATH,
        "services:\n  core:\n    image: u:«1»@reg.example/goharbor/harbor-core:v2.12.2\n",
        ("core:\n    image: REDACTED\n",),
    ),
    Spelling(
        "compose/harmless",
        PATH,
        HEAD + HARMLESS + TAIL,
        (
            *KEPT,
            *(
                "restart: always\n",
                "- ALL\n",
                "- CHOWN\n",
                "user: 999:999\n",
                "read_only: on\n",
                "./common/config/core/env\n",
            ),
            *(
                "/data/ca_download/:/etc/core/ca/:z\n",
                "source: ./common/config/core/app.conf\n",
                "aliases:\n",
                "- registry\n",
            ),
            *("- 80:8080\n", "- 127.0.0.1:1514:10514\n", "driver: syslog\n", "max-size: 10m\n", "interval: 30s\n"),
        ),
    ),
]
