# The first process in all of the lab's namespaces: when it ends, its machines, networks and mounts have ended too.
set -eu
mount -t sysfs sysfs /sys
mount -t cgroup2 cgroup2 /sys/fs/cgroup

# What another user, root above all, has there could not be written to.
words=$(grep -E '^(search|options) ' /etc/resolv.conf || true)
resolver=$(readlink -m /etc/resolv.conf)
mount -t tmpfs -o mode=755,nosuid,nodev tmpfs /run
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs /dev/shm

# slirp4netns answers there with what this machine's own resolver says, also where that listens on loopback.
printf '%s\nnameserver 10.0.2.3\n' "$words" >/run/resolv.conf
if [ -e "$resolver" ]; then
  mount --bind /run/resolv.conf "$resolver"
else
  mkdir -p "$(dirname "$resolver")"
  cp /run/resolv.conf "$resolver"
fi
ip link set lo up

exec 3<&0
"$@" <&3 3<&- &
server=$!
exec 3<&- </dev/null
# Waiting also takes leave of what others have left behind, as a first process has to.
while :; do
  wait "$server" && status=0 || status=$?
  kill -0 "$server" 2>/dev/null || exit "$status"
done
