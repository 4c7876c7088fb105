# One at a time on this host. Follows cancellation.sh; descriptor 8 is the lock, and is closed for whatever may start a daemon.

# hold NAME WHAT: waits for 15 minutes at most for whoever has the lock, and says what for.
hold() {
  exec 8>"/run/lock/$1"
  flock --nonblock 8 && return
  echo "lo:note waiting for $2"
  cancellable flock --timeout 900 8 || { echo "Waited for 15 minutes in vain for $2." >&2; exit 1; }
}
