# One run of Puppet at a time: what an interrupted one is still at, it finishes. Descriptor 7 is closed for whatever may start a daemon.
await_run() {
  exec 7>/run/lock/linkoverflow-puppet
  flock --nonblock 7 && return
  echo "lo:note waiting for what an earlier run of Puppet on this host is still at"
  cancellable flock --timeout 900 7 || { echo "Another run of Puppet has been at work on this host for 15 minutes." >&2; exit 1; }
}
