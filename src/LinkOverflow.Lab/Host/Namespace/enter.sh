# First in a user namespace, a mount namespace and a cgroup namespace of the lab's own, where whoever started it is root; network and
# processes are still this machine's. $1 is the state folder, $2 the script to go on with, the rest the lab's program.
set -eu
state=$1 inside=$2
shift 2

# The view of cgroup v2 that begins at the lab's own cgroup. Only one without processes can give its controllers on. Who only removes
# what a lab has left may be without one. On another of its kind it cannot be mounted.
mount -t tmpfs tmpfs /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
if mkdir -p /sys/fs/cgroup/lab 2>/dev/null; then
  echo $$ >/sys/fs/cgroup/lab/cgroup.procs
fi
for controller in $(cat /sys/fs/cgroup/cgroup.controllers); do
  { echo "+$controller" >/sys/fs/cgroup/cgroup.subtree_control; } 2>/dev/null || true
done

# The way out, which needs both networks. It ends when this process does, however that ends.
: >"$state/lab.netns"
setpriv --pdeathsig KILL sh -c '
  until nsenter --net="$0" true 2>/dev/null; do sleep 0.02; done
  exec slirp4netns --configure --mtu=65520 --disable-host-loopback --netns-type=path "$0" tap0
' "$state/lab.netns" </dev/null >"$state/network.log" 2>&1 &

exec unshare --net="$state/lab.netns" --mount --pid --fork --mount-proc --kill-child=KILL sh -c "$inside" sh "$@"
