#!/bin/sh
# Turns a fresh Debian root folder ($1) into a base image of the lab that lets in the user $2. Beside this script lie the files
# it installs: apt.conf and sources/ (this machine's own, where they fit), certificates/, first-boot and user-data with their units.
set -eu
root=$1 user=$2
here=$(dirname "$0")

install -m 644 "$here/apt.conf" "$root/etc/apt/apt.conf.d/90lab"
rm -f "$root/etc/apt/apt.conf.d/99mmdebstrap"
if [ -n "$(ls "$here/certificates")" ]; then
  install -m 644 "$here"/certificates/* "$root/usr/local/share/ca-certificates/"
  chroot "$root" update-ca-certificates >/dev/null
fi

# The user that the distribution's own images on EC2 have. The password stays locked.
chroot "$root" useradd --create-home --shell /bin/bash --comment 'Cloud user' "$user"
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
  e2scrub_reap.service fstrim.timer e2scrub_all.timer apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer
chroot "$root" systemctl --quiet set-default multi-user.target
# It makes /run/nologin, and a machine whose boot is quicker than its removal refuses every login.
ln -s /dev/null "$root/etc/tmpfiles.d/systemd-nologin.conf"

# Each machine makes its own.
rm -f "$root"/etc/ssh/ssh_host_* "$root/etc/hostname" "$root/var/lib/dbus/machine-id"
: >"$root/etc/machine-id"
rm -rf "$root"/var/cache/apt/archives/*.deb
