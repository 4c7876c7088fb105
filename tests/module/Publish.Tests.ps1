# Publishing on a real machine: what is written is never lost, what is asked for is always answered, and every way of being broken leaves
# the site as it was. A lab of the suite's own with one machine.
BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    . "$PSScriptRoot/Machines.ps1"
    Import-Module $manifest
    $missing = Get-LabMissing
    if (-not $missing) {
        $before = Start-OwnLab
        $config = Join-Path $TestDrive 'instance.config'
        (Get-Content -Raw "$root/instance.config") -replace '(?<=PuppetConfigFile = )', "$root/" -replace 'HealthTimeout.*', '' -replace '\[Django\]', "[Django]`nHealthTimeout = 20" | Set-Content $config
        $machine = New-LOInstance -Project "$PSScriptRoot/ledger" -Count 1 -Lab -InstanceConfig $config | Install-LOPuppet
        $url = "http://$($machine.PublicIp):8080"
    }

    # A copy of the ledger, changed by a script that runs in it.
    function New-Ledger([string] $Name, [scriptblock] $Change = {}) {
        $folder = Join-Path $TestDrive $Name 'ledger'
        Copy-Item -Recurse "$PSScriptRoot/ledger" $folder
        Push-Location $folder
        try { . $Change } finally { Pop-Location }
        $folder
    }

    # A migration that adds a column; after it, what is given.
    function Add-Migration([string] $Name, [string] $After, [string] $More = '', [string] $Operation = "migrations.AddField('Entry', '$($Name.Substring(5))', models.IntegerField(null=True))") {
        Set-Content "ledger/migrations/$Name.py" "import os`nimport sqlite3`nfrom django.db import migrations, models`n$More`nclass Migration(migrations.Migration):`n    dependencies = [('ledger', '$After')]`n    operations = [$Operation]"
    }

    # Publishes, and gives back the errors.
    function Publish-Ledger([string] $Folder, [hashtable] $With = @{}) {
        $machine | Publish-LODjango -Project $Folder -InstanceConfig $config @With -ErrorVariable failed -ErrorAction SilentlyContinue -WarningAction SilentlyContinue | Out-Null
        $failed | ForEach-Object FullyQualifiedErrorId | ForEach-Object { $_ -replace ',.*' }
        foreach ($one in $failed) { Write-Verbose "$one" }
    }

    function Get-Health { (Invoke-WebRequest "$url/health" -NoProxy -TimeoutSec 60).Content | ConvertFrom-Json }

    # Adds rows from several places at once until it is stopped, and tells which were acknowledged and what was not answered.
    function Start-Writer {
        $state = [hashtable]::Synchronized(@{ Stop = $false; Acknowledged = [Collections.Concurrent.ConcurrentBag[string]]::new(); Lost = [Collections.Concurrent.ConcurrentBag[string]]::new() })
        $jobs = foreach ($n in 1..4) {
            Start-ThreadJob -ThrottleLimit 16 {
                $state = $using:state
                $http = [Net.Http.HttpClient]::new([Net.Http.SocketsHttpHandler]@{ UseProxy = $false })
                $http.Timeout = [timespan]::FromSeconds(120)
                for ($i = 0; -not $state.Stop; $i++) {
                    $key = "$using:n-$i-$([guid]::NewGuid().ToString('N').Substring(0, 8))"
                    try {
                        $answer = $http.GetAsync("$using:url/add/$key").GetAwaiter().GetResult()
                        if ([int]$answer.StatusCode -eq 201) { $state.Acknowledged.Add($key) } else { $state.Lost.Add("$key $([int]$answer.StatusCode)") }
                    } catch {
                        $state.Lost.Add("$key $($_.Exception.InnerException)")
                    }
                    [Threading.Thread]::Sleep(20)
                }
            }
        }
        @{ State = $state; Jobs = $jobs }
    }

    function Stop-Writer($Writer) {
        $Writer.State.Stop = $true
        $Writer.Jobs | Wait-Job | Remove-Job
        $Writer.State
    }
}

AfterAll {
    if (-not $missing) { Stop-OwnLab $before }
}

Describe 'Publish-LODjango, twenty times' -Tag Machines {
    BeforeAll {
        if ($missing) { return }
        Publish-Ledger (New-Ledger 'first') | Should -BeNullOrEmpty
        $writer = Start-Writer
        $columns = [Collections.Generic.List[string]]@('id', 'key')
        $site = @{ Release = (Get-Health).release; Last = '0001_initial' }
        $report = [Collections.Generic.List[object]]::new()

        # Publishes what must fail, and looks whether the site is what it was.
        function Break-It([string] $What, [string] $Id, [scriptblock] $Change) {
            $errors = Publish-Ledger (New-Ledger ($What -replace '\W', '-') $Change)
            $health = Get-Health
            $report.Add([pscustomobject]@{ What = $What; Wanted = $Id; Errors = "$errors"; Release = $health.release -eq $site.Release; Columns = "$($health.columns)" -eq "$columns" })
        }

        # Publishes what must work, with one more column each time.
        $made = [Collections.Generic.List[object]]::new()
        function Publish-Next([string] $Column) {
            $name = '{0:0000}_{1}' -f ($made.Count + 2), $Column
            $made.Add(@{ Name = $name; After = $site.Last })
            $errors = Publish-Ledger (New-Ledger $Column { Add-Made })
            $site.Last = $name
            $columns.Add($Column)
            $health = Get-Health
            $report.Add([pscustomobject]@{ What = "good: $Column"; Wanted = ''; Errors = "$errors"; Release = $health.release -ne $site.Release; Columns = "$($health.columns)" -eq "$columns" })
            $site.Release = $health.release
        }

        # The migrations that are in use belong to every later release.
        function Add-Made { foreach ($one in $made) { Add-Migration $one.Name $one.After } }
        function Add-Code([string] $File, [string] $Text) { Add-Made; Add-Content $File $Text }

        Break-It 'a syntax error' PublishFailed { Add-Code ledger/urls.py 'def (' }
        Break-It 'an import error at start' PublishFailed { Add-Code ledger/settings.py 'WSGI_APPLICATION = "ledger.nowhere.application"' }
        Publish-Next one
        Break-It 'health 500' HealthCheckFailed { Add-Code ledger/urls.py "`ndef health(request):`n    raise RuntimeError('not well')`nurlpatterns.insert(0, path('health', health))" }
        Break-It 'never listens' HealthCheckFailed { Add-Code ledger/wsgi.py "import time`ntime.sleep(3600)"; Add-Content ledger/settings.py 'WSGI_APPLICATION = "ledger.wsgi.application"' }
        Break-It 'a bad migration' PublishFailed { Add-Made; Add-Migration 9000_bad 9999_nowhere }
        Publish-Next two
        Break-It 'a migration that fails half-way' MigrationFailed {
            Add-Made
            Add-Migration 9000_half $site.Last
            Add-Migration 9001_fails 9000_half "def fail(apps, editor):`n    raise RuntimeError('half-way')" 'migrations.RunPython(fail)'
        }
        Break-It 'a migration that fails on the real database alone' MigrationFailed {
            Add-Made
            Add-Migration 9000_half $site.Last
            Add-Migration 9001_fails 9000_half "def fail(apps, editor):`n    if 'trial' not in editor.connection.settings_dict['NAME']:`n        raise RuntimeError('half-way')" 'migrations.RunPython(fail)'
        }
        Break-It 'a server that does not start' HealthCheckFailed { Add-Made; Set-Content gunicorn.conf.py 'raise RuntimeError("no server")' }
        Break-It 'a migration, and a server that does not start' HealthCheckFailed { Add-Made; Add-Migration 9000_more $site.Last; Set-Content gunicorn.conf.py 'raise RuntimeError("no server")' }
        Publish-Next three
        Break-It 'well without a server alone' HealthCheckFailed { Add-Code ledger/urls.py "`nimport sys`nif 'gunicorn' in sys.modules:`n    urlpatterns.clear()" }
        Break-It 'a full disk' PublishFailed {
            Add-Made
            $bytes = [byte[]]::new(80MB)
            [Random]::new(1).NextBytes($bytes)
            [IO.File]::WriteAllBytes("$PWD/large.bin", $bytes)
            $null = $machine | Invoke-LOCommand -AsRoot 'set -e; cp -a /srv/ledger/releases /dev/shm/; mv /srv/ledger/releases /srv/ledger/on-disk; ln -s /dev/shm/releases /srv/ledger/releases'
        }
        $null = $machine | Invoke-LOCommand -AsRoot 'set -e; rm /srv/ledger/releases; mv /srv/ledger/on-disk /srv/ledger/releases; rm -rf /dev/shm/releases'
        Publish-Next four
        Break-It 'requirements that nobody has' PublishFailed { Add-Made; Set-Content requirements.txt './no-such-folder' }
        Publish-Next five
        Publish-Next six
        Break-It 'a missing dependency' PublishFailed { Add-Code ledger/models.py 'import no_such_package' }
        Publish-Next seven
        $written = Stop-Writer $writer
        $kept = (Invoke-WebRequest "$url/keys" -NoProxy).Content | ConvertFrom-Json
    }

    It 'refuses what is broken by its right name, and takes what is not' {
        if ($missing) { Set-ItResult -Skipped -Because $missing; return }
        $report.Count | Should -Be 20
        foreach ($one in $report) { $one.Errors | Should -Be $one.Wanted -Because $one.What }
    }

    It 'leaves code and database as they were where it refuses' {
        if ($missing) { Set-ItResult -Skipped -Because $missing; return }
        foreach ($one in $report) {
            $one.Release | Should -BeTrue -Because $one.What
            $one.Columns | Should -BeTrue -Because $one.What
        }
    }

    It 'keeps every row that was acknowledged' {
        if ($missing) { Set-ItResult -Skipped -Because $missing; return }
        $written.Acknowledged.Count | Should -BeGreaterThan 100
        $there = [Collections.Generic.HashSet[string]]::new([string[]]$kept)
        $written.Acknowledged | Where-Object { -not $there.Contains($_) } | Should -BeNullOrEmpty
    }

    It 'answers every request, whatever is published meanwhile, but those that a release answers wrongly which was well in every trial' {
        if ($missing) { Set-ItResult -Skipped -Because $missing; return }
        $written.Lost | Where-Object { $_ -notlike '* 404' } | Should -BeNullOrEmpty
    }
}
