# How a script of this program ends when the run that asked for it is interrupted. TERM comes to the script alone, not to what it runs: what
# it runs by `cancellable` ends at once, all else is done to its end, since half of it would have to be mended; then each step fails that
# could not be done, and what such a failure puts back is put back.
cancelled= running=
trap 'cancelled=yes; end_running' TERM
end_running() { [ -z "$running" ] || kill -TERM -- "-$running" 2>/dev/null || true; }

# cancellable COMMAND...: a program or a function, in a process group of its own. Fails where the run has been interrupted.
cancellable() {
  [ -z "$cancelled" ] || return 143
  local code=0
  set -m
  "$@" &
  running=$!
  set +m
  [ -z "$cancelled" ] || end_running
  wait "$running" || code=$?
  # A wait comes back early by the signal; what was told to end is waited for, whoever of it is left.
  [ -z "$cancelled" ] || while kill -0 -- "-$running" 2>/dev/null; do sleep 0.1; done
  [ -z "$cancelled" ] || code=143
  running=
  return "$code"
}

# From here on nothing is cut off any more: the way back.
finish() {
  cancelled=
  trap : TERM
}

# What is said goes by a program that outlives the connection, so that nothing here ends by a broken pipe in the midst of its work.
outlive() {
  trap '' HUP INT PIPE TERM
  cat 2>/dev/null
  exec cat >/dev/null
}
exec > >(outlive) 2> >(outlive >&2)
