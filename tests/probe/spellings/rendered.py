"""What Harbor's prepare rendered: passwords in variables, URLs, settings of a storage, and what a person added."""

from __future__ import annotations

from tests.probe.spellings.table import Spelling

__all__ = ["SPELLINGS"]

CONFIG = "/opt/harbor/common/config"
HEAD = "LOG_LEVEL=info\nEXT_ENDPOINT=https://harbor.example:8443\nNO_PROXY=core,.local,10.0.0.0/8\n"
TAIL = "POSTGRESQL_HOST=db.example\n_REDIS_URL_REG=redis://redis:6379/1?idle_timeout_seconds=30\nPORT=8080\n"
KEPT = (*HEAD.splitlines(keepends=True), *TAIL.splitlines(keepends=True))
VARIABLES = {
    "password": "POSTGRESQL_PASSWORD=«1»",
    "admin": "HARBOR_ADMIN_PASSWORD=«1»",
    "core-secret": "CORE_SECRET=«1»",
    "csrf": "CSRF_KEY=«1»",
    "credential": "REGISTRY_CREDENTIAL_PASSWORD=«1»",
    "quoted": "POSTGRESQL_PASSWORD='«1»'",
    "double": 'POSTGRESQL_PASSWORD="«1» # «2»"',
    "equals": "POSTGRESQL_PASSWORD=«1»=«2»",
    "with-blanks": "  POSTGRESQL_PASSWORD = «1»",
    "export": "export CORE_SECRET=«1»",
    "comment": "#POSTGRESQL_PASSWORD=«1»",
    "no-equals": "«1»",
    "over-lines": "POSTGRESQL_PASSWORD=«1»\n«2»",
    "crlf": "CORE_SECRET=«1»\r",
    "unknown": "SOMETHING_ELSE=«1»",
    "unknown-name": "«1»=x",
    "lower-case": "core_secret=«1»",
    "in-a-number": "POSTGRESQL_PORT=«1»",
    "in-a-word": "LOG_LEVEL=«1»",
    "in-a-name": "POSTGRESQL_DATABASE=«1»",
    "in-a-host": "POSTGRESQL_HOST=«1»",
    "in-a-list": "NO_PROXY=core,«1»,u:«2»@h.example",
    "proxy": "HTTP_PROXY=http://u:«1»@proxy.example:3128",
    "proxy-slash": "HTTPS_PROXY=http://u:«1»/«2»@proxy.example:3128",
    "proxy-query": "HTTPS_PROXY=http://proxy.example:3128/?t=«1»",
    "url-of-a-service": "CORE_URL=http://u:«1»@core:8080",
    "redis": "_REDIS_URL_CORE=redis://:«1»@redis:6379?idle_timeout_seconds=30",
    "redis-user": "_REDIS_URL_CORE=redis://«1»:«2»@redis:6379/1?idle_timeout_seconds=30",
    "redis-at": "_REDIS_URL_CORE=redis://:«1»@«2»@redis:6379/1",
    "redis-slash": "_REDIS_URL_CORE=redis://:«1»/«2»@redis:6379/1",
    "redis-question": "_REDIS_URL_CORE=redis://:«1»?«2»@redis:6379/1",
    "redis-no-at": "_REDIS_URL_CORE=redis://:«1»%40redis:6379/1",
    "redis-host": "_REDIS_URL_CORE=redis://«1»:6379/1",
    "redis-query": "_REDIS_URL_CORE=redis://redis:6379/1?password=«1»",
    "redis-fragment": "_REDIS_URL_CORE=redis://redis:6379/1?idle_timeout_seconds=30#«1»",
    "redis-master": "_REDIS_URL_CORE=redis+sentinel://:«1»@a.example:1,b.example:2/master/1",
    "redis-other-scheme": "_REDIS_URL_CORE=unix://:«1»@/x",
    "tracing": 'TRACE_ATTRIBUTES={"application": "«1»"}\nTRACE_JAEGER_PASSWORD=«2»\nTRACE_JAEGER_ENDPOINT=http://u:«3»@j:1',
    "tokens": "SCANNER_TRIVY_GITHUB_TOKEN=«1»",
    "robot": "ROBOT_SCANNER_NAME_PREFIX=«1»",
    "latin-1": "POSTGRESQL_PASSWORD=«1»\udce9«2»",
    "long": "POSTGRESQL_PASSWORD=«1»" + "x" * 5000 + "«2»",
}
YAML_HEAD = "version: 0.1\nlog:\n  level: info\n"
REGISTRY = {
    "s3": "storage:\n  s3:\n    bucket: images\n    accesskey: «1»\n    secretkey: «2»\n    keyid: «3»\n    other: «4»\n",
    "azure": "storage:\n  azure: {accountname: «1», accountkey: «2», container: images}\n",
    "swift": "storage:\n  swift:\n    username: «1»\n    password: «2»\n    tenant: «3»\n    authurl: https://u:«4»@a.example\n",
    "gcs": 'storage:\n  gcs:\n    keydata: |\n      {"private_key": "«1»"}\n    bucket: images\n',
    "redis": "redis:\n  addr: redis:6379\n  password: «1»\n  username: «2»\n  db: 1\n",
    "redis-address": "redis:\n  addr: u:«1»@redis:6379\n  sentinelMasterSet: «2»\n",
    "secret": "http:\n  addr: :5000\n  secret: «1»\n  headers: {X-Token: [«2»]}\n",
    "notifications": "notifications:\n  endpoints:\n    - url: https://u:«1»@h.example\n      headers: {Authorization: [«2»]}\n",
    "unknown": "auth:\n  token: {realm: «1», «2»: x}\n",
    "comment": "# «1»\nredis:\n  password: x # «2»\n",
}
JOBS = {
    "redis": "worker_pool:\n  workers: 10\n  redis_pool:\n    redis_url: redis://:«1»@redis:6379/2\n    namespace: «2»\n",
    "redis-unquoted": "worker_pool:\n  redis_pool:\n    redis_url: redis://:«1»/«2»@«3»@redis:6379/2\n",
    "loggers": "job_loggers:\n  - name: FILE\n    level: INFO\n    settings: {token: «1»}\n  - name: «2»\n",
}
NGINX = {
    "header": 'proxy_set_header Authorization "Basic «1»";',
    "return": "return 302 https://u:«1»@h.example/;",
    "return-query": "return 308 https://$host:443/?t=«1»;",
    "location": "location = /«1» {",
    "upstream": "upstream «1» {",
    "server": "server «1»:8080;",
    "certificate": "ssl_certificate /etc/«1»;",
    "password-file": "ssl_password_file /etc/«1»;",
    "ciphers": "ssl_ciphers «1»;",
    "listen": "listen «1»;",
    "comment": "# listen 8443 ssl; «1»",
    "behind": "listen 8443 ssl; # «1»",
}
LOGS = {
    "target": 'action(type="omfwd" Target="u:«1»@log.example" Port="514" Protocol="tcp")',
    "port": 'action(type="omfwd" Target="log.example" Port="«1»" Protocol="«2»")',
    "type": 'action(type="«1»" Target="log.example" Port="514")',
    "template": 'action(type="omfwd" Target="log.example" Template="«1»" Token="«2»")',
    "open-quote": 'action(type="omfwd" Target="log.example" Port="«1»',
}

SPELLINGS: list[Spelling] = [
    *(
        Spelling(f"rendered/{service}/{name}", f"{CONFIG}/{service}/env", f"{HEAD}{text}\n{TAIL}", KEPT)
        for service in ("core", "jobservice", "trivy-adapter")
        for name, text in VARIABLES.items()
    ),
    Spelling("rendered/db/env", f"{CONFIG}/db/env", "POSTGRES_PASSWORD=«1»\n"),
    Spelling("rendered/registryctl/env", f"{CONFIG}/registryctl/env", "CORE_SECRET=«1»\nJOBSERVICE_SECRET=«2»\n"),
    *(
        Spelling(f"rendered/registry/{name}", f"{CONFIG}/registry/config.yml", YAML_HEAD + text, ("level: info\n",))
        for name, text in REGISTRY.items()
    ),
    *(
        Spelling(
            f"rendered/jobs/{name}",
            f"{CONFIG}/jobservice/config.yml",
            f'protocol: "http"\nport: 8080\n{text}',
            ("port: 8080\n",),
        )
        for name, text in JOBS.items()
    ),
    Spelling(
        "rendered/registry/refused", f"{CONFIG}/registry/config.yml", "redis:\n  password: «1»: «2»\n", carries=False
    ),
    *(
        Spelling(
            f"rendered/nginx/{name}",
            f"{CONFIG}/nginx/nginx.conf",
            f"http {{\n  server {{\n    listen 8443 ssl;\n    {text}\n  }}\n  server {{\n    listen 8080;\n"
            "    return 308 https://$host:443$request_uri;\n  }\n}\n",
            ("listen 8443 ssl;\n", "listen 8080;\n", "return 308 https://$host:443$request_uri;\n"),
        )
        for name, text in NGINX.items()
    ),
    Spelling(
        "rendered/logrotate",
        f"{CONFIG}/log/logrotate.conf",
        "/var/log/«1»/*.log {\n  rotate 50\n  size 200M\n  mail «2»@h.example\n  rotate «3»\n}\n",
        ("rotate 50\n", "size 200M\n"),
    ),
    *(
        Spelling(f"rendered/rsyslog/{name}", f"{CONFIG}/log/rsyslog_docker.conf", f"# «9»\n{text}\n")
        for name, text in LOGS.items()
    ),
]
