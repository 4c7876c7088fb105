#!/bin/sh
# Turns a root folder ($1) with systemd and sshd into a machine of the lab that lets in the user $2, whatever distribution it is of.
# Beside this script lie the files it installs: first-boot, user-data, console-keys with their units, and disk-full.
set -eu
root=$1 user=$2
here=$(dirname "$0")

# The user that the distribution's own images on EC2 have. The password stays locked.
chroot "$root" id "$user" >/dev/null 2>&1 || chroot "$root" useradd --create-home --shell /bin/bash --comment 'Cloud user' "$user"
echo "$user ALL=(ALL) NOPASSWD:ALL" >"$root/etc/sudoers.d/90-cloud-init-users"
chmod 440 "$root/etc/sudoers.d/90-cloud-init-users"

cat >"$root/etc/ssh/sshd_config.d/50-cloud-init.conf" <<'END'
PasswordAuthentication no
UseDNS no
HostKey /etc/ssh/ssh_host_ed25519_key
END

install -d "$root/usr/lib/lab"
echo "$user" >"$root/usr/lib/lab/user"
install -m 755 "$here/first-boot" "$here/user-data" "$here/console-keys" "$here/disk-full" "$root/usr/lib/lab/"
install -m 644 "$here/lab-first-boot.service" "$here/lab-user-data.service" "$here/lab-console-keys.service" "$root/etc/systemd/system/"
chroot "$root" systemctl --quiet enable lab-first-boot.service lab-user-data.service lab-console-keys.service

# What a machine without a kernel, a seat or hardware of its own has no use for.
chroot "$root" systemctl --quiet mask \
  systemd-logind.service getty.target getty@tty1.service console-getty.service container-getty@.service \
  systemd-udevd.service systemd-udev-trigger.service systemd-udevd-kernel.socket systemd-udevd-control.socket \
  systemd-journal-flush.service systemd-update-utmp.service systemd-update-utmp-runlevel.service \
  systemd-remount-fs.service dev-hugepages.mount sys-fs-fuse-connections.mount sys-kernel-debug.mount \
  sys-kernel-tracing.mount sys-kernel-config.mount proc-sys-fs-binfmt_misc.automount \
  e2scrub_reap.service fstrim.timer e2scrub_all.timer apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer dnf-makecache.timer
chroot "$root" systemctl --quiet set-default multi-user.target
# It makes /run/nologin, and a machine whose boot is quicker than its removal refuses every login.
ln -sf /dev/null "$root/etc/tmpfiles.d/systemd-nologin.conf"

# Each machine makes its own.
rm -f "$root"/etc/ssh/ssh_host_* "$root/var/lib/dbus/machine-id"
: >"$root/etc/machine-id"
