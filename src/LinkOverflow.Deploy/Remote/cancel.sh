# Ends a script that an interrupted run has left on this host. Arguments: the mark in its command line; "script" for one that knows what of
# its work may be cut off (cancellation.sh), "all" for one that ends with all that it runs.
# The login shell bears the mark, in a session of its own that sshd made; its one child is the script, or the sudo that passes the signal on.
set -u
field() { # PID N: the N-th field after the name in proc_pid_stat(5): 2 the parent, 4 the session
  local stat
  { read -r -d '' stat || [ -n "$stat" ]; } 2>/dev/null <"/proc/$1/stat" || return 1
  set -- "$2" ${stat##*) }
  shift "$1"
  echo "$1"
}
told=
tell() { kill -TERM -- "$1" && told=yes; }
# A busy host may hear of the interruption before it has begun what is interrupted.
for pause in 0 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1; do
  sleep "$pause"
  # The brackets keep this search from finding itself.
  for shell in $(grep -lsz -- "[#] linkoverflow $1\$" /proc/[0-9]*/cmdline); do
    shell=${shell#/proc/} shell=${shell%/cmdline}
    # Where the client is on this machine too, its command line has the mark as well.
    [ "$(field "$shell" 4)" = "$shell" ] || continue
    if [ "$2" = all ]; then
      tell "-$shell"
      continue
    fi
    for process in /proc/[0-9]*; do
      [ "$(field "${process#/proc/}" 2)" != "$shell" ] || tell "${process#/proc/}"
    done
  done
  [ -z "$told" ] || break
done
