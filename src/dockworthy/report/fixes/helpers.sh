# shellcheck shell=sh
# What each step uses: it looks first, and changes only what is not yet as it is to be.
# shellcheck disable=SC2034 # used by what follows
changed=0 total=0 failed=0 part='' dw_saved=''

dw_did() { changed=1 total=$((total + 1)); printf 'changed: %s: %s\n' "$part" "$1"; }
dw_failed() { failed=$((failed + 1)); printf 'failed:  %s: %s\n' "$part" "$1" >&2; }
# shellcheck disable=SC2034 # see above
dw_begin() { changed=0 part=$1; }

dw_last() { for dw_item; do :; done; printf '%s' "$dw_item"; }
# shellcheck disable=SC2012 # only the sign of an ACL is read
dw_look() { stat -c '%a %u %g %h' -- "$1" 2>/dev/null; stat -L -c '%a %u %g' -- "$1" 2>/dev/null; ls -ld -- "$1" 2>/dev/null | cut -c1-11; }

# dw_attributes COMMAND… PATH: chmod, chown and the like
dw_attributes() {
  dw_path=$(dw_last "$@") dw_before=$(dw_look "$dw_path")
  if "$@"; then
    [ "$dw_before" = "$(dw_look "$dw_path")" ] || dw_did "$*"
  else
    dw_failed "$*"
  fi
}

# dw_line FILE TEXT: the line is in the file, once
dw_line() {
  if [ -f "$1" ] && grep -qxF -e "$2" -- "$1"; then return; fi
  mkdir -p -- "$(dirname -- "$1")" || { dw_failed "$1"; return; }
  if [ -s "$1" ] && [ -n "$(tail -c 1 -- "$1")" ]; then printf '\n' >>"$1"; fi
  if printf '%s\n' "$2" >>"$1"; then dw_did "$1: added $2"; else dw_failed "$1"; fi
}

# dw_content FILE TEXT: the file holds this and nothing else
dw_content() {
  if [ -f "$1" ] && [ "$(cat -- "$1" && printf x)" = "$2x" ]; then return; fi
  mkdir -p -- "$(dirname -- "$1")" || { dw_failed "$1"; return; }
  if [ -f "$1" ]; then cp -p -- "$1" "$1.before-dockworthy"; fi
  if printf '%s' "$2" >"$1"; then dw_did "$1: written"; else dw_failed "$1"; fi
}

# dw_sed SCRIPT FILE: only what changes nothing more when it is done again
dw_sed() {
  if ! dw_new=$(sed "$1" -- "$2"); then dw_failed "sed $1 $2"; return; fi
  if [ "$dw_new" != "$(printf '%s\n' "$dw_new" | sed "$1")" ]; then dw_failed "sed $1 $2 would change it each time"; return; fi
  dw_edit "$1" "$2"
}
dw_edit() {
  dw_new=$(sed "$1" -- "$2" && printf x) || { dw_failed "sed $1 $2"; return; }
  [ "$dw_new" = "$(cat -- "$2" && printf x)" ] && return
  cp -p -- "$2" "$2.before-dockworthy"
  if printf '%s' "${dw_new%x}" >"$2"; then dw_did "$2: changed"; else dw_failed "$2"; fi
}

# dw_boot WORD SCRIPT: the word is on the kernel's command line as GRUB will give it
dw_boot() {
  if [ ! -f /etc/default/grub ]; then dw_failed "no /etc/default/grub: put $1 on the kernel's command line"; return; fi
  dw_words=$(sed -n 's/^GRUB_CMDLINE_LINUX\(_DEFAULT\)\{0,1\}=//p' /etc/default/grub | tr "\"'\n" '   ')
  case " $dw_words " in *" $1 "*) return ;; esac
  dw_edit "$2" /etc/default/grub
}

# dw_sysctl NAME=VALUE
dw_sysctl() {
  dw_now=$(sysctl -n -- "${1%%=*}" 2>/dev/null | tr '\t' ' ')
  [ "$dw_now" = "${1#*=}" ] && return
  if sysctl -q -w "$1"; then dw_did "sysctl $1"; else dw_failed "sysctl $1"; fi
}

# dw_update COMMAND…: docker update, which says nothing of what it changed
dw_update() {
  dw_name=$(dw_last "$@")
  dw_before=$(docker inspect --type container --format '{{json .HostConfig}}' "$dw_name" 2>/dev/null)
  if "$@" >/dev/null; then
    [ "$dw_before" = "$(docker inspect --type container --format '{{json .HostConfig}}' "$dw_name")" ] || dw_did "$*"
  else
    dw_failed "$*"
  fi
}

# dw_network connect|disconnect NETWORK CONTAINER
dw_network() {
  dw_in=no
  docker inspect --type container --format '{{range $name, $_ := .NetworkSettings.Networks}}{{println $name}}{{end}}' \
    "$3" 2>/dev/null | grep -qxF -e "$2" && dw_in=yes
  case $1$dw_in in connectyes | disconnectno) return ;; esac
  if docker network "$1" "$2" "$3"; then dw_did "network $2: $1 $3"; else dw_failed "docker network $1 $2 $3"; fi
}

# dw_member USER GROUP: the account is no longer in the group
dw_member() {
  getent group "$2" | cut -d: -f4 | tr ',' '\n' | grep -qxF -e "$1" || return 0
  if gpasswd -d "$1" "$2" >/dev/null; then dw_did "$1 is no longer in $2"; else dw_failed "gpasswd -d $1 $2"; fi
}

# dw_audit ARGUMENTS…: a rule that is loaded already is refused by auditctl
dw_audit() {
  if dw_said=$(auditctl "$@" 2>&1); then dw_did "auditctl $*"; return; fi
  case $dw_said in *'Rule exists'*) ;; *) dw_failed "auditctl $*: $dw_said" ;; esac
}

# dw_unit ACTION UNIT…
dw_unit() {
  dw_action=$1
  shift
  for dw_item; do
    case $dw_item in -*) continue ;; esac
    case $dw_action in
    enable) systemctl is-enabled -q "$dw_item" 2>/dev/null && continue ;;
    disable) systemctl is-enabled -q "$dw_item" 2>/dev/null || continue ;;
    start) systemctl is-active -q "$dw_item" && continue ;;
    stop) systemctl is-active -q "$dw_item" || continue ;;
    esac
    if systemctl "$dw_action" "$dw_item"; then dw_did "$dw_action $dw_item"; else dw_failed "$dw_action $dw_item"; fi
  done
}

# dw_packages COMMAND: apt-get, dnf, yum or zypper; on a system of another one there is nothing to do
dw_list() { dpkg-query -W 2>/dev/null || rpm -qa 2>/dev/null | sort; }
dw_packages() {
  case $1 in *'||'*) ;; *) command -v "${1%% *}" >/dev/null 2>&1 || return 0 ;; esac
  dw_before=$(dw_list)
  if sh -c "$1"; then [ "$dw_before" = "$(dw_list)" ] || dw_did "$1"; else dw_failed "$1"; fi
}

# dw_run COMMAND: done once, it changes nothing more
dw_run() { sh -c "$1" || dw_failed "$1"; }

# dw_merge FILE JSON: prints the file with the keys merged into it
dw_merge() {
  if command -v python3 >/dev/null 2>&1; then
    python3 - "$1" "$2" <<'PYTHON'
import json, sys

# Of these lists the fix says all that is to be left.
WHOLE = {"hosts", "insecure-registries", "storage-opts"}

def merge(old, new):
    if isinstance(old, dict) and isinstance(new, dict):
        return {**old, **{key: merge(old[key], new[key]) if key in old and key not in WHOLE else new[key] for key in new}}
    if isinstance(old, list) and isinstance(new, list):
        names = {item.partition("=")[0] for item in new if isinstance(item, str) and "=" in item}
        kept = [item for item in old if item not in new and str(item).partition("=")[0] not in names]
        return kept + new
    return new

with open(sys.argv[1], encoding="utf-8") as stream:
    text = stream.read()
old = json.loads(text) if text.strip() else {}
new = merge(old, json.loads(sys.argv[2]))
sys.stdout.write(text if new == old else json.dumps(new, indent=2, ensure_ascii=False) + "\n")
PYTHON
  elif command -v jq >/dev/null 2>&1; then
    jq -n --slurpfile old "$1" --argjson new "$2" '
      def merge($a; $b):
        if ($a | type) == "object" and ($b | type) == "object" then
          reduce ($b | keys_unsorted[]) as $key ($a; .[$key] = (
            if has($key) and (["hosts", "insecure-registries", "storage-opts"] | index($key) | not)
            then merge(.[$key]; $b[$key]) else $b[$key] end))
        elif ($a | type) == "array" and ($b | type) == "array" then
          ($b | map(strings | select(contains("=")) | split("=")[0])) as $names
          | ($a | map(. as $item | select(($b | index([$item]) | not)
              and (($names | index(($item | tostring | split("=")[0]))) | not)))) + $b
        else $b end;
      ($old[0] // {}) as $now | merge($now; $new)' | dw_same "$1"
  else
    return 1
  fi
}
# Takes what jq printed, or the file itself where that says the same.
dw_same() {
  dw_merged=$(cat)
  [ -n "$dw_merged" ] || return 1
  if [ "$(jq -cS . "$1" 2>/dev/null)" = "$(printf '%s' "$dw_merged" | jq -cS .)" ]; then
    cat -- "$1"
  else
    printf '%s\n' "$dw_merged"
  fi
}

# dw_refused OPTION…: the engine says, in dw_said, why it would not start; before 23.0 it cannot be asked
dw_refused() {
  command -v dockerd >/dev/null 2>&1 || return 1
  dw_said=$(dockerd --validate "$@" 2>&1) && return 1
  case $dw_said in *'unknown flag: --validate'*) return 1 ;; esac
}

# dw_settings FILE JSON PRETTY: the keys are in the engine's configuration file; PRETTY is the file where there is none
dw_settings() {
  if [ ! -s "$1" ]; then
    dw_new=$(printf '%s\nx' "$3")
  else
    dw_new=$(dw_merge "$1" "$2" && printf x) || { dw_failed "$1 is not JSON, or neither python3 nor jq is here: put in $2"; return; }
  fi
  [ -f "$1" ] && [ "$dw_new" = "$(cat -- "$1" && printf x)" ] && return
  mkdir -p -- "$(dirname -- "$1")"
  printf '%s' "${dw_new%x}" >"$1.new" || { dw_failed "$1"; return; }
  if dw_refused --config-file "$1.new"; then
    rm -f -- "$1.new"
    dw_failed "$1 with $2 is refused by the engine: $dw_said"
    return
  fi
  if [ -f "$1" ]; then
    [ "$dw_saved" = "$1" ] || cp -p -- "$1" "$1.before-dockworthy"
    dw_saved=$1
    cat -- "$1.new" >"$1" && rm -f -- "$1.new"
  else
    chmod 0644 "$1.new" && mv -- "$1.new" "$1"
  fi
  dw_did "$1: $2"
}

# dw_stale UNIT: its files or its configuration are newer than its start
dw_stale() {
  [ "$(systemctl show -P NeedDaemonReload "$1" 2>/dev/null)" = yes ] && return 0
  dw_pid=$(systemctl show -P MainPID "$1" 2>/dev/null)
  [ "${dw_pid:-0}" -gt 0 ] || return 0
  [ -n "$(find /etc/docker/daemon.json /etc/systemd/system/docker.service.d -newer "/proc/$dw_pid" 2>/dev/null)" ]
}

# dw_after WANTED COMMAND: takes changes into use, once
dw_after() {
  [ "$1" = 1 ] || return 0
  part='afterwards'
  case $2 in
  systemctl*)
    if [ ! -d /run/systemd/system ]; then
      printf 'note:    no systemd is running here: take the changes into use in the place of: %s\n' "$2"
      return 0
    fi
    ;;
  esac
  case $2 in
  *restart*docker*)
    if dw_refused; then dw_failed "$2 is left out, because the engine would not start: $dw_said"; return; fi
    ;;
  esac
  if sh -c "$2"; then printf 'done:    %s\n' "$2"; return; fi
  dw_failed "$2"
  case $2 in
  *restart*docker*)
    [ -n "$dw_saved" ] || return
    cp -p -- "$dw_saved" "$dw_saved.refused"
    cp -p -- "$dw_saved.before-dockworthy" "$dw_saved"
    sh -c "$2" && printf 'undone:  %s is as it was; what the engine refused is in %s.refused\n' "$dw_saved" "$dw_saved"
    ;;
  esac
}

# dw_judged SOURCE SHA256: dw_source, what lies beside this script, if it is what was judged
dw_sum() {
  if [ -d "$1" ]; then
    (cd -- "$1" && find -L . -type f -exec sha256sum {} + | LC_ALL=C sort -k 2 | sha256sum | cut -c1-64)
  else
    sha256sum <"$1" | cut -c1-64
  fi
}
dw_judged() {
  dw_source=$(dirname -- "$0")/$1
  if [ ! -e "$dw_source" ]; then dw_failed "lay $1 beside this script"; return 1; fi
  [ "$(dw_sum "$dw_source")" = "$2" ] || { dw_failed "$1 is not what was judged"; return 1; }
}

# dw_place SOURCE SHA256 FILE: the file holds what was judged; one that is there keeps its owner and its mode
dw_place() {
  dw_judged "$1" "$2" || return
  if [ -f "$3" ] && cmp -s -- "$dw_source" "$3"; then return; fi
  if [ -f "$3" ]; then cp -p -- "$3" "$3.before-dockworthy"; else (umask 022 && mkdir -p -- "$(dirname -- "$3")" && : >"$3"); fi
  if cat -- "$dw_source" >"$3"; then dw_did "$3: written"; else dw_failed "$3"; fi
}

# dw_place_folder SOURCE SHA256 FOLDER: what was judged is all that the folder holds
dw_place_folder() {
  dw_judged "$1" "$2" || return
  if [ -d "$3" ] && [ "$(dw_sum "$3")" = "$2" ]; then return; fi
  (umask 022 && mkdir -p -- "$(dirname -- "$3")")
  rm -rf -- "$3.before-dockworthy"
  if [ -e "$3" ] || [ -L "$3" ]; then mv -- "$3" "$3.before-dockworthy"; fi
  if cp -RL -- "$dw_source" "$3" && chown -R "$(stat -c %u:%g -- "$(dirname -- "$3")")" "$3" && dw_modes "$3"; then
    dw_did "$3: replaced"
  else
    dw_failed "$3"
  fi
}
dw_modes() {
  find "$1" -type d -exec chmod 0755 {} + && find "$1" -type f -exec chmod 0444 {} + &&
    find "$1" -type f -name '*.key' -exec chmod 0400 {} + &&
    find "$1" -type f -exec grep -q -e 'PRIVATE KEY-----' {} \; -exec chmod 0400 {} +
}

# dw_place_ca SOURCE SHA256 FOLDER: the system believes the CA
dw_place_ca() {
  dw_judged "$1" "$2" || return
  dw_anchor=$3/dockworthy-$(printf %.8s "$2").crt
  if [ -f "$dw_anchor" ] && cmp -s -- "$dw_source" "$dw_anchor"; then return; fi
  if (umask 022 && mkdir -p -- "$3" && cat -- "$dw_source" >"$dw_anchor") && dw_trust >/dev/null; then
    dw_did "$dw_anchor: written"
  else
    dw_failed "$dw_anchor"
  fi
}
dw_trust() {
  if command -v update-ca-certificates >/dev/null 2>&1; then update-ca-certificates; else update-ca-trust extract; fi
}
