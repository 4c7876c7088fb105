# Measures work on hosts against plain ssh with tar, Fabric and Ansible doing the same to the same machines, in one run: no connection is open
# when a measurement begins, all hosts at once, medians, the ones after the other and round again, so that what else the machine does meets
# all of them. The same is: the files are brought beside what is there, and take its place when they are whole. "This" is the module in a
# PowerShell that is open already, as a console is; "this, started" is a process that imports it and finds the instances first, as the others
# are started anew each time. "Over open connections" is work in the midst of a session, as a deployment is when it comes to publish: what
# keeps its logins has them, the module always and Ansible by ControlPersist, and plain ssh and Fabric do not; "ssh, open" is ssh by
# ControlMaster, "ssh, one login" that of ten commands, made by the first. All pack once for all hosts, this as zstd and the others as gzip.
# What is sent is the source of Django itself, as a project is code, templates and what pages are made of; a first publish is measured with
# noise, too, which does not compress.
# Wants a built clone and root; what is not installed is left out, and said. What is slow is measured less often: a median has $Runs runs,
# fewer where $Budget seconds are spent; nothing new begins after $Limit seconds. With -KexAlgorithms every OpenSSH here is told to use those;
# -Only names what is measured, with wildcards.
param([int[]] $Hosts = @(5, 20), [int] $Runs = 3, [int] $Budget = 200, [int] $Limit = 2700, [switch] $SkipRedeploy, [string] $KexAlgorithms, [string] $Only = '*')
$ErrorActionPreference = 'Stop'
$root = Split-Path $PSScriptRoot
$work = [IO.Directory]::CreateTempSubdirectory('lobench').FullName
$env:XDG_STATE_HOME = $work
Import-Module "$root/LinkOverflow.Deploy.psd1"
$lab = "$root/bin/lab/LinkOverflow.Lab.dll"

if ($KexAlgorithms) {
    $null = New-Item -ItemType Directory "$work/bin"
    Set-Content "$work/bin/ssh" "#!/bin/sh`nexec $((Get-Command ssh).Source) -o KexAlgorithms=$KexAlgorithms `"`$@`""
    & chmod 755 "$work/bin/ssh"
    $env:PATH = "$work/bin:$env:PATH"
    [Console]::WriteLine("all of OpenSSH with $KexAlgorithms alone")
}

$clock = [Diagnostics.Stopwatch]::StartNew()

# Measures ways of doing the same, in turns.
function Measure-Ways([System.Collections.Specialized.OrderedDictionary] $Ways, [scriptblock] $Prepare) {
    $seconds = [ordered]@{}
    foreach ($name in $Ways.Keys) { $seconds[$name] = [Collections.Generic.List[double]]::new() }
    $begun = $clock.Elapsed.TotalSeconds
    for ($run = 0; $run -lt $Runs -and ($run -eq 0 -or $clock.Elapsed.TotalSeconds - $begun -lt $Budget); $run++) {
        foreach ($name in $Ways.Keys) {
            . $Prepare
            $seconds[$name].Add((Measure-Command { . $Ways[$name] }).TotalSeconds)
        }
    }
    $seconds
}

function Get-Median($Seconds) { ($Seconds | Sort-Object)[[int][math]::Floor($Seconds.Count / 2)] }

function Write-Figure([string] $What, [int] $Count, [System.Collections.Specialized.OrderedDictionary] $Seconds, [string] $Of = "medians of $($Seconds['this'].Count)") {
    $ours = Get-Median $Seconds['this']
    $text = foreach ($name in $Seconds.Keys) { '{0} {1:0.00} s' -f $name, (Get-Median $Seconds[$name]) }
    $compared = foreach ($name in $Seconds.Keys -like 'ssh*') { 'this takes {0:0.0} times as long as {1}' -f ($ours / (Get-Median $Seconds[$name])), $name }
    $lead = if ($Seconds.Contains('Ansible')) { ', Ansible {0:0.0} times as long as this' -f ((Get-Median $Seconds['Ansible']) / $ours) }
    [Console]::WriteLine("$What, $Count hosts: $($text -join ', '); $($compared -join ', ')$lead; $Of")
}

function Invoke-Native([string] $Program, [string[]] $Arguments) {
    $said = & $Program @Arguments 2>&1 | Out-String
    if ($LASTEXITCODE -ne 0) { throw "$Program failed: $said" }
}

function New-Project([string] $Folder) {
    $null = New-Item -ItemType Directory $Folder
    Set-Content "$Folder/manage.py" "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site.settings')"
}

# 500 files, 5 MB: what is largest of Django's source.
function New-Code([string] $Folder, [string] $Django) {
    New-Project $Folder
    $files = Get-ChildItem -Recurse -File $Django | Where-Object { -not $_.LinkTarget -and $_.Length -lt 150KB -and $_.FullName -notmatch '/(locale|__pycache__)/' }
    foreach ($file in $files | Sort-Object -Descending Length, FullName | Select-Object -First 499) {
        $path = Join-Path $Folder ([IO.Path]::GetRelativePath($Django, $file.FullName))
        $null = New-Item -ItemType Directory -Force (Split-Path $path)
        Copy-Item -LiteralPath $file.FullName $path
    }
}

# As many and as large, which do not compress.
function New-Noise([string] $Folder) {
    New-Project $Folder
    $random = [Random]::new(1)
    foreach ($n in 1..499) {
        $null = New-Item -ItemType Directory -Force "$Folder/app$($n % 20)"
        $bytes = [byte[]]::new(7500)
        $random.NextBytes($bytes)
        [IO.File]::WriteAllText("$Folder/app$($n % 20)/file$n.txt", [Convert]::ToBase64String($bytes))
    }
}

# What is named as -Rows says, with -Suffix for what the project's folder holds.
function Measure-Hosts([int] $Count, $Machines, [string] $Site, [string] $Suffix, [string] $Rows = '*') {
    $config = "$work/ssh_config"
    $sockets = (New-Item -ItemType Directory -Force "$work/cp$Count").FullName
    $hostNames = foreach ($machine in $Machines) { "h$($machine.Name -replace '\D')" }
    ($Machines | ForEach-Object { "Host h$($_.Name -replace '\D')`n HostName $($_.PublicIp)`n User admin`n IdentityFile $($_.KeyFile)`n StrictHostKeyChecking no`n UserKnownHostsFile /dev/null`n LogLevel ERROR`n BatchMode yes" }) -join "`n" | Set-Content $config
    $three = @(Get-ChildItem -Recurse -File $site | Sort-Object FullName | Select-Object -Skip 100 -First 3 | ForEach-Object { [IO.Path]::GetRelativePath($site, $_.FullName) })

    # This program's way, by what the cmdlets call.
    . "$PSScriptRoot/bench-send.ps1" -Root $root -Site $site
    # A PowerShell that runs as a tool of dotnet's is not a program of its own.
    [string[]] $shell = if ([IO.Path]::GetFileName([Environment]::ProcessPath) -eq 'dotnet') { @([Environment]::ProcessPath, [Environment]::GetCommandLineArgs()[0]) } else { @([Environment]::ProcessPath) }
    $started = { Invoke-Native $shell[0] @($shell[1..9] + @('-NoProfile', '-NonInteractive', '-File', "$PSScriptRoot/bench-send.ps1", '-Root', $root, '-Site', $site, '-Deployment', $Machines[0].Deployment)) }
    $cold = {
        $null = $connections::CloseAllAsync().GetAwaiter().GetResult()
        Get-ChildItem $sockets | ForEach-Object { & ssh -F $config -o "ControlPath=$($_.FullName)" -O exit h1 2>$null }
    }
    # What the way before left to be written is written: this is the only one that waits until what it brought is on the disk.
    $settle = { . $cold; $null = $Machines | Invoke-LOCommand -AsRoot 'sync -f /srv'; . $cold }
    # Put aside, and not removed, as the machines are (below).
    $fresh = { . $cold; $null = $Machines | Invoke-LOCommand -AsRoot 'old=$(mktemp -d /var/tmp/old-XXXXXX); find /srv -mindepth 1 -maxdepth 1 -exec mv -t "$old" {} +'; . $settle }
    # With a connection that each of them keeps open.
    $sharing = "-o ControlMaster=auto -o ControlPersist=60 -o ControlPath=$sockets/%C"
    $open = {
        Invoke-Native bash @("$work/login.sh", $sharing)
        $null = $Machines | Invoke-LOCommand 'true'
        if ($hasAnsible) { Invoke-Native ansible @('all', '-m', 'ping') }
    }
    $touch = { . $settle; foreach ($file in $three) { Set-Content "$site/$file" ([guid]::NewGuid()) } }
    $each = { foreach ($n in 1..10) { $null = $Machines | Invoke-LOCommand -AsRoot 'id -u' } }
    $ten = 'for i in 1 2 3 4 5 6 7 8 9 10; do sudo id -u; done'

    $all = $hostNames -join ' '
    Set-Content "$work/publish.sh" "set -e; pids=; tar -czf $work/plain.tar.gz -C $site .; for h in $all; do ssh -F $config `$SHARING `$h <$work/plain.tar.gz 'sudo sh -c `"rm -rf /srv/new && mkdir -p /srv/new && tar -xz -C /srv/new && mv -T /srv/new /srv/plain`"' & pids=`"`$pids `$!`"; done; for p in `$pids; do wait `$p; done"
    Set-Content "$work/changed.sh" "set -e; pids=; tar -czf $work/plain.tar.gz -C $site $three; for h in $all; do ssh -F $config `$SHARING `$h <$work/plain.tar.gz 'sudo sh -c `"rm -rf /srv/new && cp -al /srv/plain /srv/new && tar -xz -C /srv/new && rm -rf /srv/plain && mv -T /srv/new /srv/plain`"' & pids=`"`$pids `$!`"; done; for p in `$pids; do wait `$p; done"
    # Each command by itself when all hosts are done with the one before, as Fabric and Ansible do.
    Set-Content "$work/each.sh" "set -e; for i in 1 2 3 4 5 6 7 8 9 10; do pids=; for h in $all; do ssh -F $config `$SHARING `$h 'sudo id -u' >/dev/null & pids=`"`$pids `$!`"; done; for p in `$pids; do wait `$p; done; done"
    Set-Content "$work/ten.sh" "set -e; pids=; for h in $all; do ssh -F $config `$SHARING `$h '$ten' >/dev/null & pids=`"`$pids `$!`"; done; for p in `$pids; do wait `$p; done"
    Set-Content "$work/fabfile.py" @"
import io, subprocess, sys
from fabric import Config, Connection, ThreadingGroup
config = Config(runtime_ssh_path='$config')
group = ThreadingGroup.from_connections([Connection(h, config=config) for h in '$all'.split()])
def put(names):
    data = subprocess.run(['tar', '-cz', '-C', '$site', *names], stdout=subprocess.PIPE, check=True).stdout
    # A file object is shared by the group's threads; each gets its own.
    from concurrent.futures import ThreadPoolExecutor
    with ThreadPoolExecutor(len(group)) as pool:
        list(pool.map(lambda c: c.put(io.BytesIO(data), 'site.tar.gz'), group))
if sys.argv[1] == 'publish':
    put(['.'])
    group.run('sudo rm -rf /srv/new && sudo mkdir -p /srv/new && sudo tar -xzf site.tar.gz -C /srv/new && sudo rm -rf /srv/fabric && sudo mv -T /srv/new /srv/fabric', hide=True)
elif sys.argv[1] == 'changed':
    put('$three'.split())
    group.run('sudo rm -rf /srv/new && sudo cp -al /srv/fabric /srv/new && sudo tar -xzf site.tar.gz -C /srv/new && sudo rm -rf /srv/fabric && sudo mv -T /srv/new /srv/fabric', hide=True)
elif sys.argv[1] == 'each':
    for i in range(10):
        group.run('sudo id -u', hide=True)
else:
    group.run('$ten', hide=True)
"@
    Set-Content "$work/ansible.cfg" "[defaults]`ninventory = $work/hosts`nforks = $Count`ngathering = explicit`nhost_key_checking = False`ninterpreter_python = /usr/bin/python3`nlocal_tmp = $work/ansible`n[ssh_connection]`npipelining = True`nssh_args = -F $config -o ControlMaster=auto -o ControlPersist=60s`ncontrol_path_dir = $sockets"
    Set-Content "$work/hosts" ($hostNames -join "`n")
    # What is fastest of it: a copy and one command take two thirds of unarchive and a third task for the name, and less than synchronize. To
    # copy each file by a task of its own takes many times as long.
    $playbook = "- hosts: all`n  become: true`n  tasks:`n"
    Set-Content "$work/publish.yml" "$playbook    - copy: {src: $work/site.tar.gz, dest: /srv/site.tar.gz}`n    - shell: rm -rf /srv/new && mkdir /srv/new && tar -xzf /srv/site.tar.gz -C /srv/new && rm -rf /srv/ansible && mv -T /srv/new /srv/ansible"
    Set-Content "$work/changed.yml" "$playbook    - copy: {src: $work/changed.tar.gz, dest: /srv/changed.tar.gz}`n    - shell: rm -rf /srv/new && cp -al /srv/ansible /srv/new && tar -xzf /srv/changed.tar.gz -C /srv/new && rm -rf /srv/ansible && mv -T /srv/new /srv/ansible"
    Set-Content "$work/ten.yml" "- hosts: all`n  tasks:`n    - shell: '$ten'"
    Set-Content "$work/each.yml" ("- hosts: all`n  become: true`n  tasks:`n" + ("    - command: id -u`n" * 10))
    $env:ANSIBLE_CONFIG = "$work/ansible.cfg"
    $ansible = {
        param($book)
        if ($book -like 'publish*') { Invoke-Native tar @('-czf', "$work/site.tar.gz", '-C', $site, '.') }
        if ($book -like 'changed*') { Invoke-Native tar (@('-czf', "$work/changed.tar.gz", '-C', $site) + $three) }
        Invoke-Native ansible-playbook @("$work/$book.yml")
    }
    $fabric = & /usr/bin/python3 -c 'import fabric' 2>&1
    $hasFabric = $LASTEXITCODE -eq 0
    $hasAnsible = [bool](Get-Command ansible-playbook -ErrorAction Ignore)

    # What a login costs, of which each of them needs one for each host; most of it is the key exchange, which Fabric's own ssh does without quantum safety.
    Set-Content "$work/login.sh" "set -e; pids=; for h in $all; do ssh -F $config `$1 `$h true & pids=`"`$pids `$!`"; done; for p in `$pids; do wait `$p; done"
    if (-not $KexAlgorithms -and 'a login and nothing else' -like $Only -and 'a login and nothing else' -like $Rows) {
        Write-Figure 'a login and nothing else' $Count (Measure-Ways ([ordered]@{
            ssh = { Invoke-Native bash @("$work/login.sh") }
            this = { $null = $Machines | Invoke-LOCommand 'true' }
            'ssh with curve25519' = { Invoke-Native bash @("$work/login.sh", '-oKexAlgorithms=curve25519-sha256') }
        }) $cold)
    }

    # The three that the targets name, added up for each that does all of them; an ssh with one login for ten commands, since there is one.
    $together = [ordered]@{}
    $added = 0
    # What the targets are about comes first.
    foreach ($what in @{ Name = 'publish of 500 files / 5 MB over open connections'; Key = 'publish'; Prepare = { . $fresh; . $open }; Ours = $send; Open = $true },
        @{ Name = 'republish of 3 changed files over open connections'; Key = 'changed'; Prepare = { . $touch; . $open }; Ours = $send; Open = $true },
        @{ Name = '10 commands, each by itself, over open connections'; Key = 'each'; Prepare = { . $cold; . $open }; Ours = $each; Open = $true },
        @{ Name = '10 commands in one over open connections'; Key = 'ten'; Prepare = { . $cold; . $open }; Ours = { $null = $Machines | Invoke-LOCommand $ten }; Open = $true },
        @{ Name = 'publish of 500 files / 5 MB'; Key = 'publish'; Prepare = $fresh; Ours = $send },
        @{ Name = 'republish of 3 changed files'; Key = 'changed'; Prepare = $touch; Ours = $send },
        @{ Name = '10 commands, each by itself'; Key = 'each'; Prepare = $cold; Ours = $each },
        @{ Name = '10 commands in one'; Key = 'ten'; Prepare = $cold; Ours = { $null = $Machines | Invoke-LOCommand $ten } }) {
        $what.Name += $Suffix
        if ($what.Name -notlike $Only -or $what.Name -notlike $Rows) { continue }
        $key = $what.Key
        if ($clock.Elapsed.TotalSeconds -gt $Limit) { [Console]::WriteLine("$($what.Name), $Count hosts: not measured, $Limit s are over"); continue }
        $plain = { $env:SHARING = ''; Invoke-Native bash @("$work/$key.sh") }
        $shared = { $env:SHARING = $sharing; Invoke-Native bash @("$work/$key.sh") }
        $ways = [ordered]@{ ssh = $plain }
        if ($what.Open) { $ways['ssh, open'] = $shared }
        if ($key -eq 'each' -and -not $what.Open) { $ways['ssh, one login'] = $shared }
        $ways['this'] = $what.Ours
        $sends = $key -in 'publish', 'changed'
        if ($sends -and -not $what.Open) { $ways['this, started'] = $started }
        if ($hasFabric -and -not $what.Open) { $ways['Fabric'] = { Invoke-Native /usr/bin/python3 @("$work/fabfile.py", $key) } }
        if ($hasAnsible) { $ways['Ansible'] = { & $ansible $key } }
        # What is published again has to be there.
        if ($key -eq 'changed') {
            . $fresh
            . $send
            $env:SHARING = ''
            Invoke-Native bash @("$work/publish.sh")
            if ($hasFabric) { Invoke-Native /usr/bin/python3 @("$work/fabfile.py", 'publish') }
            if ($hasAnsible) { & $ansible publish }
        }
        $seconds = Measure-Ways $ways $what.Prepare
        Write-Figure $what.Name $Count $seconds
        if (-not $what.Open -and $key -in 'publish', 'changed', 'each') {
            $added++
            if ($seconds.Contains('ssh, one login')) { $seconds['ssh'] = $seconds['ssh, one login'] }
            foreach ($way in 'ssh', 'this', 'Fabric', 'Ansible' | Where-Object { $seconds.Contains($_) }) {
                $together[$way] = @(($together.Contains($way) ? $together[$way][0] : 0) + (Get-Median $seconds[$way]))
            }
        }
    }
    if ($added -eq 3) { Write-Figure 'publish, republish and 10 commands, each by itself, added up' $Count $together 'sums of medians' }
    foreach ($name in @(if (-not $hasFabric) { 'Fabric (python3-fabric)' }) + @(if (-not $hasAnsible) { 'Ansible (ansible-core)' })) { [Console]::WriteLine("not measured, not installed: $name") }
}

# A redeploy under 50 connections: what it costs those who ask meanwhile.
function Measure-Redeploy {
    if (-not (Get-Command wrk -ErrorAction Ignore)) { [Console]::WriteLine('redeploy under load: not measured, wrk is not installed'); return }
    # The lab's own folder is $work/linkoverflow.
    $site = "$work/redeploy/linkoverflow"
    $null = New-Item -ItemType Directory "$work/redeploy"
    Copy-Item -Recurse "$root/samples/linkoverflow" $site
    $machine = New-LOInstance $site 1 -Lab -InstanceConfig "$work/instance.config" | Install-LOPuppet | Publish-LODjango $site
    $wrk = { param($seconds, $url) & wrk -t2 -c50 "-d${seconds}s" --timeout 30s --latency "${url}health" | Out-String }
    $quiet = Start-ThreadJob $wrk -ArgumentList 8, $machine.Url | Receive-Job -Wait -AutoRemoveJob
    Set-Content "$site/new.txt" ([guid]::NewGuid())
    $job = Start-ThreadJob $wrk -ArgumentList 12, $machine.Url
    [Threading.Thread]::Sleep(1500)
    $took = (Measure-Command { $null = $machine | Publish-LODjango $site }).TotalSeconds
    $busy = $job | Receive-Job -Wait -AutoRemoveJob
    foreach ($one in @{ Name = 'without a publish'; Text = $quiet }, @{ Name = "with a publish that takes $($took.ToString('0.0')) s"; Text = $busy }) {
        $lost = [regex]::Matches($one.Text, '(?:connect|read|write|timeout) (\d+)|Non-2xx or 3xx responses: (\d+)') | ForEach-Object { [int]($_.Groups[1].Value + $_.Groups[2].Value) } | Measure-Object -Sum
        $p99 = [regex]::Match($one.Text, '99%\s+(\S+)').Groups[1].Value
        $count = [regex]::Match($one.Text, '(\d+) requests in').Groups[1].Value
        [Console]::WriteLine("50 connections $($one.Name): $count requests, $([int]$lost.Sum) lost, p99 $p99")
    }
    Remove-LODeployment $machine.Deployment -Lab -Confirm:$false
}

try {
    (Get-Content -Raw "$root/instance.config") -replace '(?<=PuppetConfigFile = )', "$root/" -replace '(?m)^\[EC2\]$', "[EC2]`nMaxInstances = 50" | Set-Content "$work/instance.config"
    # All of them first, and none is removed before the end: ext4 goes around what was removed a moment ago, and is slow for minutes.
    $machines = @{}
    foreach ($count in $Hosts) {
        $machines[$count] = @(New-LOInstance "$root/samples/linkoverflow" $count -Lab -InstanceConfig "$work/instance.config" | Sort-Object { [int]($_.Name -replace '\D') })
    }
    New-Noise "$work/noise"
    $django = & /usr/bin/python3 -c 'import django; print(django.__path__[0])' 2>$null
    if ($django) { New-Code "$work/code" $django } else { [Console]::WriteLine('python3-django is not installed: what is sent is noise') }
    foreach ($count in $Hosts) { Measure-Hosts $count $machines[$count] ($django ? "$work/code" : "$work/noise") }
    if ($django) {
        foreach ($count in $Hosts) { Measure-Hosts $count $machines[$count] "$work/noise" -Suffix ' of noise' -Rows 'publish of 500 files / 5 MB of noise' }
    }
    if (-not $SkipRedeploy) {
        if ($clock.Elapsed.TotalSeconds -gt $Limit) { [Console]::WriteLine("redeploy under load: not measured, $Limit s are over") } else { Measure-Redeploy }
    }
} finally {
    & dotnet $lab stop *> $null
    Remove-Item -Recurse -Force $work -ErrorAction Ignore
}
