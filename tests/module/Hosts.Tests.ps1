# What the steps and commands for hosts do, on two real machines of a lab of the suite's own.
BeforeDiscovery {
    . "$PSScriptRoot/Common.ps1"
    . "$PSScriptRoot/Machines.ps1"
    $missing = Get-LabMissing
    # Without machines each test is skipped, and counted; the reason is printed once.
    if ($missing) { Write-Host "skipped: Hosts.Tests.ps1: $missing" }
}

Describe 'On two machines' -Tag Machines -Skip:([bool]$missing) {
    BeforeAll {
        . "$PSScriptRoot/Common.ps1"
        . "$PSScriptRoot/Machines.ps1"
        . "$PSScriptRoot/PackageIndex.ps1"
        Import-Module $manifest
        $before = Start-OwnLab
        $config = Join-Path $TestDrive 'instance.config'
        $text = (Get-Content -Raw "$root/instance.config") -replace '(?<=PuppetConfigFile = )', "$root/"
        Set-Content $config $text
        $machines = New-LOInstance -Project "$PSScriptRoot/ledger" -Count 2 -Lab -InstanceConfig $config | Install-LOPuppet | Sort-Object Name
        $machine = $machines[0]

        function New-Config([hashtable] $Keys) {
            $file = Join-Path $TestDrive "$([guid]::NewGuid()).config"
            $changed = $text
            foreach ($key in $Keys.Keys) { $changed = ($changed -replace "(?m)^$key =.*\n", '') -replace '(?m)^\[Django\]$', "[Django]`n$key = $($Keys[$key])" }
            Set-Content $file $changed
            $file
        }

        function New-Manifest([string] $Puppet) {
            $pp = Join-Path $TestDrive "$([guid]::NewGuid()).pp"
            Set-Content $pp $Puppet
            $file = Join-Path $TestDrive "$([guid]::NewGuid()).config"
            $text -replace '(?m)^PuppetConfigFile =.*$', "PuppetConfigFile = $pp" | Set-Content $file
            $file
        }

        function Invoke-Root([string] $Command, $On = $machine) {
            $result = $On | Invoke-LOCommand -AsRoot $Command
            $result.ExitCode | Should -Be 0 -Because "$Command said $($result.Error)"
            $result.Output
        }

        function Get-Page([string] $Path, $Of = $machine) { Invoke-WebRequest "http://$($Of.PublicIp):8080$Path" -NoProxy -TimeoutSec 60 -SkipHttpErrorCheck }

        function New-Ledger([scriptblock] $Change = {}) {
            $folder = Join-Path $TestDrive ([guid]::NewGuid()) 'ledger'
            Copy-Item -Recurse "$PSScriptRoot/ledger" $folder
            Push-Location $folder
            try { . $Change } finally { Pop-Location }
            $folder
        }
    }

    AfterAll { Stop-OwnLab $before }

    Context 'Install-LOPuppet' {
        It 'changes nothing the second time, and says so' {
            $again = $machine | Install-LOPuppet -InstanceConfig $config
            $again.Puppet.Status | Should -Be unchanged
            $again.Puppet.Changed | Should -BeNullOrEmpty
            $again.Puppet.SecondsByType.Keys | Should -Contain package
        }

        It 'tells with -NoOp what it would change' {
            $other = New-Manifest "file { '/root/noop': content => 'x' }"
            $run = ($machine | Install-LOPuppet -NoOp -InstanceConfig $other).Puppet
            $run.NoOp | Should -BeTrue
            $run.Changed.Resource | Should -Be 'File[/root/noop]'
            $run.Changed.Message | Should -BeLike '*absent*'
            Invoke-Root 'ls /root' | Should -Not -Match noop
        }

        It 'applies a folder with modules and data, and hands its facts in' {
            $code = Join-Path $TestDrive 'code'
            foreach ($folder in 'manifests', 'data', 'modules/greeting/manifests') { $null = New-Item -ItemType Directory (Join-Path $code $folder) }
            Set-Content "$code/hiera.yaml" "version: 5`nhierarchy:`n  - {name: all, path: all.yaml, datadir: data}"
            Set-Content "$code/data/all.yaml" 'greeting::text: from hiera'
            Set-Content "$code/modules/greeting/manifests/init.pp" 'class greeting(String $text) { file { ''/root/greeting'': content => "${text} ${facts[''lo_project'']} ${facts[''lo_port'']} ${facts[''lo_deployment'']} ${facts[''lo_release'']}\n" } }'
            Set-Content "$code/manifests/site.pp" 'include greeting'
            $folderConfig = "$TestDrive/folder.config"
            $text -replace '(?m)^PuppetConfigFile =.*$', "PuppetConfigFile = $code" | Set-Content $folderConfig
            $run = ($machine | Install-LOPuppet -InstanceConfig $folderConfig).Puppet
            $run.Changed.Resource | Should -Be 'File[/root/greeting]'
            Invoke-Root 'cat /root/greeting' | Should -Be "from hiera ledger 8080 $($machine.Deployment) /srv/ledger/current"
        }

        It 'fails its host alone, with Puppet''s own words, and names what was skipped' {
            $bad = New-Manifest "if `$facts['networking']['hostname'] == '$(Invoke-Root 'hostname')' { file { '/no/such/folder/x': content => 'x' } -> file { '/root/after': content => 'y' } }"
            $done = $machines | Install-LOPuppet -InstanceConfig $bad -ErrorVariable failed -ErrorAction SilentlyContinue
            $done.Name | Should -Be $machines[1].Name
            $failed.FullyQualifiedErrorId | Should -BeLike 'PuppetApplyFailed,*'
            "$failed" | Should -BeLike '*File`[/no/such/folder/x`]*No such file or directory*skipped: File`[/root/after`]*'
        }

        It 'mends packages that a run which was cut off has left half-installed' {
            Invoke-Root 'apt-get -y -q install tree >/dev/null 2>&1; sed -i "/^Package: tree$/,/^$/s/^Status: .*/Status: install reinstreq half-installed/" /var/lib/dpkg/status; dpkg --audit' | Should -Match 'tree'
            $manifest = New-Manifest "package { 'tree': ensure => installed }"
            $said = $machine | Install-LOPuppet -InstanceConfig $manifest -InformationAction Continue 6>&1
            "$said" | Should -BeLike '*mending packages*'
            ($said | Where-Object InstanceId).Puppet.Changed.Resource | Should -Be 'Package[tree]'
            Invoke-Root 'dpkg --audit; tree --version' | Should -Match '^tree v'
        }

        It 'waits for a lock that is held, and says so' {
            Invoke-Root 'apt-get -y -q remove puppet-agent >/dev/null 2>&1; printf %s "import fcntl, sys
f = open(\"/var/lib/dpkg/lock-frontend\", \"w\")
fcntl.lockf(f, fcntl.LOCK_EX)
print(flush=True)
sys.stdin.read()" >/root/hold.py; rm -f /root/go; mkfifo /root/go; (python3 /root/hold.py </root/go >/root/held 2>&1 & echo $! >/root/holder) ; exec 3>/root/go; until [ -s /root/held ]; do sleep 0.1; done; nohup sh -c "until pgrep -x apt-get; do sleep 0.2; done; sleep 5; kill $(cat /root/holder)" >/dev/null 2>&1 &'
            $said = $machine | Install-LOPuppet -InstanceConfig $config -InformationAction Continue 6>&1
            "$said" | Should -BeLike '*for a lock*It is held by process*'
            ($said | Where-Object InstanceId).Puppet.Version | Should -Not -BeNullOrEmpty
        }

        It 'takes Puppet from a package file of this machine, once' {
            $file = Join-Path $TestDrive 'puppet-agent.deb'
            $package = Invoke-Root 'cd /tmp && rm -f puppet-agent_*.deb && apt-get -q download puppet-agent >/dev/null 2>&1 && base64 -w0 puppet-agent_*.deb'
            [IO.File]::WriteAllBytes($file, [Convert]::FromBase64String($package))
            $from = "$TestDrive/from.config"
            $text -replace '(?m)^PuppetURL =.*$', "PuppetURL = file://$file" | Set-Content $from
            ($machine | Install-LOPuppet -InstanceConfig $from -Verbose 4>&1 | Out-String) | Should -Match 'puppet-agent'
            Invoke-Root 'cat /etc/linkoverflow/puppet-from' | Should -Be 'input:puppet-agent.deb'
            ($machine | Install-LOPuppet -InstanceConfig $from -Verbose 4>&1 | Out-String) | Should -Not -Match 'apt|Unpacking'
        }
    }

    Context 'Publish-LODjango' {
        It 'serves what startproject makes, unedited, static files included, and warns of DEBUG' {
            $archive = Invoke-Root 'cd "$(mktemp -d)" && django-admin startproject plain && tar -c plain | base64 -w0'
            [IO.File]::WriteAllBytes("$TestDrive/plain.tar", [Convert]::FromBase64String($archive))
            tar -xf "$TestDrive/plain.tar" -C $TestDrive
            $root = New-Config @{ HealthPath = '/' }
            $said = $machine | Publish-LODjango "$TestDrive/plain" -InstanceConfig $root 3>&1
            "$said" | Should -BeLike '*DEBUG is on*'
            "$said" | Should -BeLike '*security.W004*'
            (Get-Page '/').Content | Should -BeLike '*The install worked successfully*'
            (Get-Page '/admin/login/').StatusCode | Should -Be 200
            $style = Get-Page '/static/admin/css/base.css'
            $style.StatusCode | Should -Be 200
            "$($style.Headers['Content-Type'])" | Should -BeLike 'text/css*'
            (Get-Page '/static/../../../../etc/passwd').StatusCode | Should -Be 404
            (Get-Page '/static/%2e%2e/%2e%2e/site.env').StatusCode | Should -Be 404
            Invoke-Root 'systemctl disable --now --quiet django-plain.socket django-plain.service'
        }

        It 'serves with runserver where that is asked for, and goes on to gunicorn' {
            $null = $machine | Publish-LODjango (New-Ledger) -InstanceConfig (New-Config @{ Server = 'runserver' })
            Invoke-Root 'ps -o args= -u linkoverflow' | Should -BeLike '*manage.py runserver --noreload 0.0.0.0:8080*'
            (Get-Page '/add/one').StatusCode | Should -Be 201
            $null = $machine | Publish-LODjango (New-Ledger { Set-Content new.txt new }) -InstanceConfig $config
            Invoke-Root 'ps -o args= -u linkoverflow' | Should -Not -BeLike '*runserver*'
            (Get-Page '/keys').Content | Should -BeLike '*one*'
        }

        It 'keeps the environment file to root, and on no command line' {
            $secret = 'a "quoted" $HOME `id` \ secret'
            $file = "$TestDrive/site.env"
            Set-Content $file "# comment`nexport A_SECRET='$secret'"
            Set-Mode $file 644
            { $machine | Publish-LODjango (New-Ledger) -InstanceConfig $config -EnvironmentFile $file } | Should -Throw -ErrorId 'SettingsFileNotPrivate*'
            Set-Mode $file 600
            $machine | Publish-LODjango (New-Ledger) -InstanceConfig $config -EnvironmentFile $file -Verbose 4>&1 | Out-String | Should -Not -Match 'quoted'
            ((Get-Page '/health').Content | ConvertFrom-Json).secret | Should -BeExactly $secret
            Invoke-Root 'stat -c "%a %U" /srv/ledger/current/site.env' | Should -Be '600 root'
        }

        It 'has the code compiled, since the site may not write there' {
            $sources, $compiled = (Invoke-Root 'cd /srv/ledger/current/project && find . -name "*.py" | wc -l && find . -name "*.pyc" -user root -perm -o=r | wc -l') -split "`n"
            $compiled | Should -Be $sources
            Invoke-Root 'ls /srv/ledger/current/compiled' | Should -Be '/srv/ledger/current/compiled'
        }

        It 'sends only what no release on the host holds' {
            $first = New-Ledger { foreach ($n in 1..40) { [IO.File]::WriteAllBytes("$PWD/data$n.bin", [Security.Cryptography.RandomNumberGenerator]::GetBytes(20000)) } }
            $null = $machine | Publish-LODjango $first -InstanceConfig $config
            Set-Content "$first/ledger/new.py" 'x = 1'
            Move-Item "$first/data1.bin" "$first/moved.bin"
            $before = [long](Invoke-Root 'cat /sys/class/net/eth0/statistics/rx_bytes')
            $published = $machine | Publish-LODjango $first -InstanceConfig $config
            [long](Invoke-Root 'cat /sys/class/net/eth0/statistics/rx_bytes') - $before | Should -BeLessThan 300000
            Invoke-Root "cd /srv/ledger/releases/$($published.Release)/project && ls data1.bin 2>/dev/null; sha256sum moved.bin data2.bin ledger/new.py | cut -d' ' -f1" |
                Should -Be (('moved.bin', 'data2.bin', 'ledger/new.py' | ForEach-Object { (Get-FileHash "$first/$_").Hash.ToLowerInvariant() }) -join "`n")
        }

        It 'sends a file again that the host was believed to hold and does not' {
            $folder = New-Ledger { Set-Content kept.txt 'kept' }
            $one = $machine | Publish-LODjango $folder -InstanceConfig $config
            Invoke-Root "echo spoilt > /srv/ledger/releases/$($one.Release)/project/kept.txt; find /srv/ledger/releases -name kept.txt -exec sh -c 'echo spoilt > {}' \;"
            Set-Content "$folder/other.txt" 'other'
            $two = $machine | Publish-LODjango $folder -InstanceConfig $config
            Invoke-Root "cat /srv/ledger/releases/$($two.Release)/project/kept.txt" | Should -Be kept
        }

        It 'keeps shared paths from release to release' {
            $shared = New-Config @{ SharedPaths = 'media, notes.txt' }
            $folder = New-Ledger { $null = New-Item -ItemType Directory media; Set-Content media/first.txt 'from the project' }
            $null = $machine | Publish-LODjango $folder -InstanceConfig $shared
            Invoke-Root 'cd /srv/ledger/current/project && setpriv --reuid linkoverflow --clear-groups sh -c "echo more > media/more.txt; echo note > notes.txt"; cat media/first.txt' | Should -Be 'from the project'
            Set-Content "$folder/media/first.txt" 'newer'
            $null = $machine | Publish-LODjango $folder -InstanceConfig $shared
            Invoke-Root 'cd /srv/ledger/current/project && cat media/first.txt media/more.txt notes.txt' | Should -Be "from the project`nmore`nnote"
        }

        It 'installs requirements.txt into an environment of the release''s own' {
            $folder = New-Ledger {
                $null = New-Item -ItemType Directory vendor/tiny
                Set-Content vendor/tiny/setup.py "from setuptools import setup`nsetup(name='tiny', version='1.0', py_modules=['tiny'])"
                Set-Content vendor/tiny/tiny.py 'word = "from a package"'
                Set-Content requirements.txt './vendor/tiny'
                Add-Content ledger/urls.py "`nfrom tiny import word`nurlpatterns.append(path('word', lambda request: HttpResponse(word)))"
            }
            # What builds it comes with the host, since a test must not depend on a package index.
            Invoke-Root 'DEBIAN_FRONTEND=noninteractive apt-get -y -q install --no-install-recommends python3-pip python3-setuptools python3-wheel >/dev/null 2>&1; printf "[install]\nno-build-isolation = true\nno-index = true\n" >/etc/pip.conf'
            $null = $machine | Publish-LODjango $folder -InstanceConfig $config
            (Get-Page '/word').Content | Should -Be 'from a package'
            Invoke-Root 'stat -c %U /srv/ledger/current/venv/bin/python /srv/ledger/current/venv/complete' | Should -Be "root`nroot"
        }

        It 'takes names and settings as they are, whatever they hold' {
            $names = 'with blank', "it's", 'dollar$HOME', '`id`', '$(id)', '-rf', '--help', 'semi;colon', 'a&b|c>d<e', 'star*?[x]', 'ünïcödé ☃', "tab`tin", "line`nbreak", '\back\slash', '"double"', '!bang', '#hash', '~tilde', '%percent%s'
            $folder = Join-Path $TestDrive "-odd 'name' `$(id)" 'ledger'
            $null = New-Item -ItemType Directory (Split-Path -LiteralPath $folder)
            Copy-Item -Recurse "$PSScriptRoot/ledger" -Destination $folder
            $null = [IO.Directory]::CreateDirectory("$folder/names")
            foreach ($name in $names) {
                [IO.File]::WriteAllText("$folder/names/$name", $name)
                $null = [IO.Directory]::CreateDirectory("$folder/names/in $name")
                [IO.File]::WriteAllText("$folder/names/in $name/$name", $name)
            }

            $odd = "$TestDrive/odd.config"
            Set-Content $odd "$text`n[Environment]`nA_SECRET = `$(touch /tmp/hacked) `"; '' \ ``id`` ☃"
            $one = $machine | Publish-LODjango $folder -InstanceConfig $odd
            ((Get-Page '/health').Content | ConvertFrom-Json).secret | Should -BeExactly "`$(touch /tmp/hacked) `"; '' \ ``id`` ☃"
            $there = Invoke-Root "cd /srv/ledger/current/project/names && python3 -c 'import json, os; print(json.dumps({os.path.relpath(os.path.join(f, n)): open(os.path.join(f, n)).read() for f, _, ns in os.walk(`".`") for n in ns}))'" | ConvertFrom-Json -AsHashtable
            $there.Count | Should -Be (2 * $names.Count)
            foreach ($name in $names) {
                $there[$name] | Should -BeExactly $name
                $there["in $name/$name"] | Should -BeExactly $name
            }
            # The same by parts: from the release before.
            Set-Content "$folder/part.txt" part
            $two = $machine | Publish-LODjango $folder -InstanceConfig $odd
            Invoke-Root "cd /srv/ledger/releases && diff -r $($one.Release)/project/names $($two.Release)/project/names && echo same" | Should -Be same
        }
    }

    Context 'Releases' {
        BeforeAll {
            $folder = New-Ledger
            $first = $machine | Publish-LODjango $folder -InstanceConfig $config
            $null = Get-Page '/add/early'
            Set-Content "$folder/ledger/migrations/0002_more.py" "from django.db import migrations, models`nclass Migration(migrations.Migration):`n    dependencies = [('ledger', '0001_initial')]`n    operations = [migrations.AddField('Entry', 'more', models.IntegerField(null=True))]"
            $second = $machine | Publish-LODjango $folder -InstanceConfig $config
            $null = Get-Page '/add/late'
        }

        It 'are listed, the newest first, with the one in use' {
            $list = $machine | Get-LORelease
            $list[0].Release | Should -Be $second.Release
            ($list | Where-Object Current).Release | Should -Be $second.Release
            $list.Release | Should -Contain $first.Release
            $list[0].Files | Should -BeGreaterThan 5
        }

        It 'Undo-LODjango goes back to the one before, and the rows stay' {
            ($machine | Undo-LODjango).Release | Should -Be $first.Release
            (Get-Page '/keys').Content | ConvertFrom-Json | Should -Contain late
            ($machine | Undo-LODjango $second.Release -InstanceConfig $config).Release | Should -Be $second.Release
        }

        It 'Undo-LODjango -Database takes the database back, too, and keeps what it was' {
            $said = $machine | Undo-LODjango $first.Release -Database -InformationAction Continue 6>&1
            $keys = (Get-Page '/keys').Content | ConvertFrom-Json
            $keys | Should -Contain early
            $keys | Should -Not -Contain late
            $file = [regex]::Match("$said", '/srv/ledger/shared/backups/undone-\S+').Value
            Invoke-Root "python3 -c 'import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute(`"select count(*) from ledger_entry where key = \`"late\`"`").fetchone()[0])' $file/default.sqlite3" | Should -Be 1
        }

        It 'Undo-LODjango names what is there where it has nothing to go back to' {
            $machine | Undo-LODjango 0123456789abcdef -ErrorVariable failed -ErrorAction SilentlyContinue
            $failed.FullyQualifiedErrorId | Should -BeLike 'ReleaseNotFound,*'
            "$failed" | Should -BeLike "*$($second.Release)*"
        }

        It 'are kept as many as KeepReleases says' {
            $keep = New-Config @{ KeepReleases = 2 }
            foreach ($n in 1..3) { Set-Content "$folder/n.txt" $n; $null = $machine | Publish-LODjango $folder -InstanceConfig $keep }
            @($machine | Get-LORelease | Where-Object Published).Count | Should -Be 2
        }
    }

    Context 'Commands' {
        It 'Invoke-LOCommand gives one object per host, and takes arguments as they are' {
            $results = $machines | Invoke-LOCommand 'echo "$1"; echo oops >&2; exit 3' 'it''s $HOME'
            $results.Count | Should -Be 2
            $results.Instance | Sort-Object | Should -Be $machines.Name
            foreach ($result in $results) {
                $result.ExitCode, $result.Success, $result.Output, $result.Error | Should -Be 3, $false, 'it''s $HOME', 'oops'
            }
        }

        It 'Get-LOLog reads a site''s log, and follows it' {
            (($machine | Get-LOLog -Last 200).Message -join "`n") | Should -Match 'gunicorn'
            $job = Start-ThreadJob { Import-Module $using:manifest; $using:machine | Get-LOLog -Last 0 -Follow }
            try {
                for ($i = 0; $i -lt 100 -and -not $job.Output.Count; $i++) {
                    Invoke-Root 'systemctl kill -s HUP django-ledger.service'
                    [Threading.Thread]::Sleep(200)
                }
                $job.Output[0].Message | Should -Not -BeNullOrEmpty
            } finally {
                $job | Stop-Job -PassThru | Remove-Job -Force
            }

            # Nobody reads on where nobody listens.
            for ($i = 0; $i -lt 100 -and (Invoke-Root 'pgrep -fc "[j]ournalctl --unit" || true') -ne '0'; $i++) { [Threading.Thread]::Sleep(100) }
            Invoke-Root 'pgrep -fc "[j]ournalctl --unit" || true' | Should -Be 0
        }

        It 'Enter-LOHost logs in on the terminal' {
            $line = "Import-Module '$manifest'; Get-LOInstance -Lab -InstanceConfig '$config' | Sort-Object Name | Select-Object -First 1 | Enter-LOHost"
            # script(1) is the terminal; what is typed there ends the session.
            $said = "hostname; exit 7`n" | script -qec "$([Environment]::ProcessPath) -NoProfile -NonInteractive -Command `"$line; \`"code `$LASTEXITCODE\`"`"" /dev/null
            "$said" | Should -Match ([regex]::Escape((Invoke-Root 'hostname')))
        }
    }

    foreach ($file in Get-ChildItem "$PSScriptRoot/hosts" -Filter *.ps1) { . $file.FullName }
}
