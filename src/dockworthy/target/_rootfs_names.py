"""Where a root file system holds what the checks ask for; the same places as the probe's fragments name."""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


LIVE = _words(
    "cmd:uname cmd:id cmd:clock cmd:cgroup-statfs cmd:systemctl-show cmd:cli-versions cmd:auditctl-l cmd:auditctl-s "
    "cmd:next-kernels cmd:reboot cmd:mount-units cmd:container-units cmd:filter-services "
    "cmd:engines cmd:ns-self cmd:engine-target cmd:listeners cmd:iptables cmd:mounts-of-data-root cmd:xfs-info "
    "cmd:tasks cmd:inotify-use cmd:hardware-clock cmd:time-kept cmd:pids-room "
    "cmd:engines cmd:ns-self cmd:engine-target cmd:listeners cmd:iptables-save cmd:ip6tables-save "
    "cmd:iptables-other-save cmd:ip6tables-other-save cmd:nft-ruleset cmd:host-firewall "
    "cmd:mounts-of-data-root cmd:xfs-info "
    "cmd:container-processes cmd:container-tasks cmd:container-listeners cmd:resolve cmd:image-users "
    "cmd:booted-by cmd:user-controllers "
    "cmd:net-links cmd:net-addresses cmd:ip-rule cmd:ip-route-all cmd:conntrack-stat cmd:network-managers "
    "cmd:container-processes cmd:container-tasks cmd:container-listeners cmd:resolve cmd:lookups cmd:image-users "
    "cmd:user-controllers "
    "cmd:net-links cmd:net-addresses cmd:ip-rule cmd:ip-route-all cmd:conntrack-stat cmd:resolver-times "
    "docker:version docker:info docker:df docker:networks docker:volumes docker:containers docker:images "
    "docker:history docker:plugins docker:execs"
)
PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
TOOLS = _words(
    "docker dockerd containerd containerd-shim containerd-shim-runc-v1 containerd-shim-runc-v2 ctr nerdctl runc crun "
    "docker-init docker-proxy docker-compose dockerd-rootless.sh rootlesskit slirp4netns podman buildah crio openssl "
    "curl wget getfacl auditctl systemctl iptables ip6tables nft firewall-cmd ufw apparmor_parser getenforce zfs zpool "
    "lvm dmsetup mkfs.xfs xfs_info mkfs.btrfs fuse-overlayfs newuidmap newgidmap pasta vpnkit modprobe xz git ps "
    "update-ca-certificates update-ca-trust"
)
PACKAGES = _words(
    "docker* containerd* runc crun moby-* podman* buildah cri-o* bash-completion lvm2 device-mapper* "
    "thin-provisioning-tools fuse-overlayfs slirp4netns rootlesskit uidmap shadow-utils iptables nftables firewalld "
    "ufw apparmor auditd audit acl openssl ca-certificates xfsprogs xz-utils pigz git iproute2 dbus-user-session "
    "container-selinux selinux-policy* criu needrestart unattended-upgrades dnf-automatic dnf5-plugin-automatic "
    "iptables-persistent"
)
CONFIG_FOLDERS = ("/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib")
UNITS = ("docker.service", "docker.socket", "containerd.service")
UNIT_FOLDERS = tuple(f"{folder}/systemd/system" for folder in ("/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib"))
ENGINE_PATHS = _words(
    "/ /etc /etc/docker /etc/docker/daemon.json /etc/docker/key.json /etc/default/docker /etc/sysconfig/docker "
    "/etc/sysconfig/docker-storage /etc/sysconfig/docker-network /etc/init.d/docker /etc/containerd "
    "/etc/containerd/config.toml /etc/subuid /etc/subgid /var /var/lib /var/lib/docker /var/lib/containerd "
    "/usr/libexec/docker /usr/lib/docker /usr/bin/dockerd /usr/sbin/dockerd /usr/local/bin/dockerd /usr/bin/containerd "
    "/usr/local/bin/containerd /usr/bin/containerd-shim /usr/bin/containerd-shim-runc-v1 "
    "/usr/bin/containerd-shim-runc-v2 /usr/bin/runc /usr/sbin/runc /usr/bin/docker /root/.docker "
    "/usr/bin/newuidmap /usr/bin/newgidmap"
)
NEXT = _words(
    "/etc/fstab /etc/apt/apt.conf /etc/apt/preferences /etc/needrestart/needrestart.conf /etc/iptables/rules.v4 "
    "/etc/iptables/rules.v6 /etc/sysconfig/iptables /etc/sysconfig/ip6tables /etc/dnf/automatic.conf "
    "/etc/dnf/dnf5-plugins/automatic.conf /etc/dnf/dnf.conf /etc/dnf/plugins/versionlock.list "
    "/etc/yum/pluginconf.d/versionlock.list /etc/dnf/versionlock.toml /etc/nftables.conf /etc/sysconfig/nftables.conf"
)
NEXT_FOLDERS = {
    "/etc/apt/apt.conf.d": (".conf", ""),
    "/etc/apt/preferences.d": (".pref", ""),
    "/etc/needrestart/conf.d": (".conf",),
}
HARBOR_RENDERED = tuple(
    f"common/config/{name}"
    for name in _words(
        "core/env jobservice/env jobservice/config.yml registry/config.yml registryctl/env db/env nginx/nginx.conf "
        "log/logrotate.conf log/rsyslog_docker.conf trivy-adapter/env exporter/env"
    )
)
COMPLETION = (
    "/usr/share/bash-completion/bash_completion",
    "/etc/bash_completion",
    "/usr/share/bash-completion/completions/docker",
    "/etc/bash_completion.d/docker",
    "/usr/share/bash-completion/completions/docker-compose",
    "/etc/bash_completion.d/docker-compose",
    "/etc/bash_completion.d/docker.sh",
    "/usr/share/zsh/vendor-completions/_docker",
    "/usr/share/zsh/site-functions/_docker",
    "/usr/share/fish/vendor_completions.d/docker.fish",
)
CERT_FOLDERS = (
    "/etc/docker/certs.d",
    "/etc/containerd/certs.d",
    "/etc/containers/certs.d",
    "/root/.config/docker/certs.d",
    "/root/.config/containers/certs.d",
)
BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
