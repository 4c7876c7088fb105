# Prints a site's log: as journalctl's JSON, one entry a line. Arguments: project, how many lines, whether to follow (yes or no).
# Following ends with the script's input, so that nothing is left behind when the one who reads goes away.
set -euo pipefail
log=(journalctl --unit "django-$1.service" --unit "django-$1-next.service" --output json --output-fields MESSAGE --no-pager --lines "$2")
if [ "$3" != yes ]; then exec "${log[@]}"; fi
trap : TERM
"${log[@]}" --follow &
cat >/dev/null
kill $!
