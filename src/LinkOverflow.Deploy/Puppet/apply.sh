# Applies a manifest. Arguments: manifest (in the tar; empty: the tar is a folder of manifests, modules and data), project, port, user,
# deployment, whether to change nothing (yes or no), the desired state's fingerprint. Input: a tar of the manifest or its folder.
# Output: a summary of Puppet's report as one line of JSON. Exit code: puppet apply's own, by --detailed-exitcodes.
set -euo pipefail
# What an interrupted run is still at, it finishes.
hold linkoverflow-puppet "what an earlier run of Puppet on this host is still at"
export PATH=$PATH:/opt/puppetlabs/bin:/opt/puppetlabs/puppet/bin
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/code"
tar -x -f - --no-same-owner -C "$folder/code"
export FACTER_lo_project=$2 FACTER_lo_port=$3 FACTER_lo_user=$4 FACTER_lo_deployment=$5 FACTER_lo_release=/srv/$2/current
options=()
[ "$6" != yes ] || options+=(--noop)
manifest=$folder/code/$1
if [ -z "$1" ]; then
  if [ -d "$folder/code/manifests" ]; then manifest=$folder/code/manifests; else manifest=$folder/code; fi
fi
modules=
for path in modules site-modules site; do
  [ ! -d "$folder/code/$path" ] || modules=$modules${modules:+:}$folder/code/$path
done
[ -z "$modules" ] || options+=(--modulepath "$modules")
[ ! -e "$folder/code/hiera.yaml" ] || options+=(--hiera_config "$folder/code/hiera.yaml")
# What else installs packages on a fresh machine is waited for, by apt as by dnf.
printf 'DPkg::Lock::Timeout "300";\n' >"$folder/apt.conf"
export APT_CONFIG=$folder/apt.conf

# Told to end, Puppet finishes the resource that it is at and begins no other one. What it does on INT by itself leaves the programs that it
# runs to write into a pipe that nobody reads.
mkdir "$folder/facts"
cat >"$folder/facts/linkoverflow_cancellation.rb" <<'RUBY'
Signal.trap("TERM") { Puppet::Application.stop! } if defined?(Puppet::Application)
RUBY
export FACTERLIB=$folder/facts

# What the host is in is known only between two runs.
[ "$6" = yes ] || rm -f /etc/linkoverflow/applied
code=0
apply() {
  exec puppet apply --detailed-exitcodes --color=false --show_diff --reports=none --lastrunreport "$folder/report.yaml" "${options[@]}" "$manifest" >&2 8>&-
}
cancellable apply || code=$?
[ -z "$cancelled" ] || exit 143

[ ! -s "$folder/report.yaml" ] || ruby -ryaml -rjson -rdate - "$folder/report.yaml" <<'RUBY'
# Without Puppet's own classes, which take a second to load: the report is plain data under its tags.
report = YAML.load(File.read(ARGV[0]).gsub(/!ruby\/\S+/, ""), **(Psych::VERSION >= "4" ? {permitted_classes: [Time, Symbol, Date], aliases: true} : {}))
statuses = (report["resource_statuses"] || {}).values
logs = (report["logs"] || []).group_by { |l| l["source"].to_s[/[^\/]+\[.*\]\z/m] }
said = lambda do |r, *levels|
  events = (r["events"] || []).map { |e| e["message"] }
  lines = (logs[r["resource"]] || []).select { |l| levels.include?(l["level"].to_s) }.map { |l| l["message"] }
  {resource: r["resource"], message: (events + lines).uniq.join("; ")}
end
failed = statuses.select { |r| r["failed"] || r["failed_to_restart"] }
skipped = statuses.select { |r| r["skipped"] }
changed = statuses.select { |r| (r["changed"] || r["out_of_sync"]) } - failed - skipped
times = report["metrics"].dig("time", "values") || []
puts JSON.generate(
  version: report["puppet_version"],
  status: report["status"],
  noOp: report["noop"] ? true : false,
  resources: statuses.size,
  changed: changed.map { |r| said.call(r) },
  failed: failed.map { |r| said.call(r, "err") },
  skipped: skipped.map { |r| said.call(r, "warning") },
  seconds: times.find { |v| v[0] == "total" }&.last,
  secondsByType: times.reject { |v| v[0] == "total" }.map { |v| [v[0], v[2].round(3)] }.to_h)
RUBY
case $6$code in
  no0 | no2) install -d -m 755 /etc/linkoverflow && echo "$7" >/etc/linkoverflow/applied ;;
esac
exit "$code"
