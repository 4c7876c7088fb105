# What an operator does with a deployment, on machines of the lab: its result, a resumption, the lock, a rollout in waves, and a
# look at its health.
BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    Import-Module $manifest

    . "$PSScriptRoot/Machines.ps1"
    $missing = Get-LabMissing
}

Describe 'A deployment in operation' -Tag Machines {
    BeforeAll {
        if (-not $missing) { $own = Start-OwnLab }
        Push-Location $root

        $project = Join-Path $TestDrive 'linkoverflow'
        Copy-Item -Recurse $sample $project
        function Current($Deployment) { Get-LOInstance $Deployment -Lab | Sort-Object Name | Get-LORelease | Where-Object Current }
        function Change { Add-Content (Join-Path $project 'links' 'urls.py') "# $([guid]::NewGuid())" }

        if (-not $missing) {
            # In a job: no host, no terminal.
            $job = Start-ThreadJob { Set-Location $using:root; Start-LODeployment $using:project 2 -Lab -Summary -Report "$using:TestDrive/report.html" }
            $result = $job | Receive-Job -Wait -AutoRemoveJob
            $deployment = $result.Deployment
        }
    }

    AfterAll {
        Pop-Location
        if (-not $missing) { Stop-OwnLab $own }
    }

    BeforeEach { if ($missing) { Set-ItResult -Skipped -Because $missing } }

    It '-Summary in a job gives the result as one object' {
        @($result) | Should -HaveCount 1
        $result.GetType().FullName | Should -Be 'LinkOverflow.Deploy.Deployments.DeploymentResult'
        $result.Success | Should -BeTrue
        $result.Healthy.Name | Should -Be 'linkoverflow-1', 'linkoverflow-2'
        $result.Failed | Should -BeNullOrEmpty
        $result.Urls | Should -HaveCount 2
        $result.Release | Should -Match '^[0-9a-f]{16}$'
        $result.Elapsed | Should -BeGreaterThan ([timespan]::Zero)
    }

    It '-Report writes the file that the result names, with each instance''s timeline' {
        $result.Report | Should -Be "$TestDrive/report.html"
        $html = Get-Content -Raw $result.Report
        foreach ($instance in $result.Instances) { $html | Should -Match $instance.InstanceId }
        [regex]::Matches($html, 'class="span Puppet').Count | Should -Be 2
    }

    It '-Resume of what is done repeats nothing, and launches nothing' {
        $again = Start-LODeployment $project -Resume $deployment -Lab -InformationVariable told
        $again.InstanceId | Sort-Object | Should -Be ($result.Healthy.InstanceId | Sort-Object)
        $again.Stage | Should -Be 'Healthy', 'Healthy'
        "$told" | Should -Match 'Puppet has brought it to this state already'
        "$told" | Should -Match "serves release $($result.Release) already"
        "$told" | Should -Not -Match 'installing Puppet|publishing release'
    }

    It 'needs no host and no terminal: <_>' -ForEach 'Start-Job', 'ForEach-Object -Parallel', 'a scheduled task' {
        $work = { param($Manifest, $Root, $Project, $Deployment) Import-Module $Manifest; Set-Location $Root; Start-LODeployment $Project -Resume $Deployment -Lab -Summary }
        $all = $manifest, $root, $project, $deployment
        $emitted = switch ($_) {
            'Start-Job' { Start-Job $work -ArgumentList $all | Receive-Job -Wait -AutoRemoveJob }
            'ForEach-Object -Parallel' { $text = "$work"; 1 | ForEach-Object -Parallel { $all = $using:all; & ([scriptblock]::Create($using:text)) @all } }
            'a scheduled task' {
                # As cron starts it: no terminal, no input, next to no environment.
                $command = "`$r = & { $work } $(($all | ForEach-Object { "'$_'" }) -join ' '); @{ Success = `$r.Success; Healthy = @(`$r.Healthy | Select-Object Name) } | ConvertTo-Json"
                $environment = 'HOME', 'PATH', 'XDG_STATE_HOME', 'LINKOVERFLOW_LAB' | ForEach-Object { "$_=$([Environment]::GetEnvironmentVariable($_))" }
                $said = $null | & setsid --wait env -i @environment (Get-Process -Id $PID).Path -NoProfile -NonInteractive -Command $command 2>&1 | Out-String
                $LASTEXITCODE | Should -Be 0 -Because $said
                $said | ConvertFrom-Json
            }
        }
        $emitted.Success | Should -BeTrue
        $emitted.Healthy.Name | Should -Be 'linkoverflow-1', 'linkoverflow-2'
    }

    It '-Resume launches what is missing, under a number that none has had' {
        Remove-LOInstance $result.Healthy[1].InstanceId -Lab -Confirm:$false
        $again = Start-LODeployment $project -Resume $deployment -Lab
        $again.Name | Sort-Object | Should -Be 'linkoverflow-1', 'linkoverflow-3'
        (Get-LOInstance $deployment -Lab) | Should -HaveCount 2
    }

    It 'is worked on by one at a time: the second is told who holds it, and the lock can be broken' {
        Change
        $slow = Join-Path $project 'links' 'apps.py'
        Add-Content $slow "import time; time.sleep(4)"
        $first = Start-ThreadJob { Set-Location $using:root; Update-LODeployment $using:deployment $using:project -Lab -InformationAction Continue }
        while ("$($first.Information)" -notmatch 'wave 1' -and $first.State -in 'NotStarted', 'Running') { Start-Sleep -Milliseconds 50 }
        { Update-LODeployment $deployment $project -Lab } | Should -Throw -ErrorId 'DeploymentLocked,*'
        $null = $first | Receive-Job -Wait -AutoRemoveJob 6> $null
        Set-Content $slow (Get-Content (Join-Path $sample 'links' 'apps.py'))
    }

    It 'Update-LODeployment publishes a new release in waves' {
        Change
        $clock = [Diagnostics.Stopwatch]::StartNew()
        $updated = Update-LODeployment $deployment $project -Serial 1 -Lab -InformationVariable told
        $updated.Stage | Should -Be 'Healthy', 'Healthy'
        foreach ($one in $updated) { $one.Elapsed | Should -BeLessThan $clock.Elapsed -Because 'its launch is longer ago than its turn' }
        @($updated.Release | Select-Object -Unique) | Should -HaveCount 1
        @($told -match '^\d\d:\d\d:\d\d wave [12] of 2').Count | Should -Be 2
        (Current $deployment).Release | Select-Object -Unique | Should -Be $updated[0].Release
    }

    It 'a bad wave is the last one, and -OnFailure Rollback puts the hosts that were done back' {
        $had = (Current $deployment).Release | Select-Object -Unique
        $report = Join-Path $TestDrive 'update.html'
        # The second host alone cannot take it.
        Get-LOInstance $deployment -Lab | Where-Object Name -EQ linkoverflow-3 | Invoke-LOCommand 'sudo mv /etc/linkoverflow/user /etc/linkoverflow/user.away' | Out-Null
        try {
            Change
            $bad = Update-LODeployment $deployment $project -Serial 1 -OnFailure Rollback -Lab -Summary -Report $report -ErrorVariable failed -ErrorAction SilentlyContinue -WarningAction SilentlyContinue
            $bad.Success | Should -BeFalse
            $bad.Untouched | Should -HaveCount 0
            $bad.Report | Should -Be $report
            Get-Content -Raw $report | Should -Match '<h2>Timeline</h2>(?s:.*)Publish failed'
            foreach ($line in $bad.Timeline) { $line.Spans.Step | Where-Object { $_ -notin 'Publish', 'Health' } | Should -HaveCount 0 -Because 'it was a running host' }
            ($bad.Timeline | Where-Object Name -EQ linkoverflow-3).Spans[-1].Failed | Should -BeTrue
            $failed | Should -HaveCount 1
            $failed.FullyQualifiedErrorId | Should -BeLike 'PublishFailed,*'
            (Current $deployment).Release | Should -Be $had, $had
        } finally {
            Get-LOInstance $deployment -Lab | Where-Object Name -EQ linkoverflow-3 | Invoke-LOCommand 'sudo mv /etc/linkoverflow/user.away /etc/linkoverflow/user' | Out-Null
        }
    }

    It 'Test-LODeployment measures each host' {
        $seen = Test-LODeployment $deployment -Lab
        $seen | Should -HaveCount 2
        foreach ($host1 in $seen) {
            $host1.Healthy | Should -BeTrue
            $host1.Health | Should -Be 'ok'
            $host1.Latency | Should -BeGreaterThan ([timespan]::Zero)
            $host1.Load | Should -BeGreaterOrEqual 0
            $host1.MemoryPercent | Should -BeGreaterThan 0
            $host1.DiskPercent | Should -BeGreaterThan 0
            $host1.Release | Should -Match '^[0-9a-f]{16}$'
        }

        Test-LODeployment $deployment -Lab -Quiet | Should -BeTrue
    }

    It 'Test-LODeployment tells a site that is down, as an error and by the exit code that cron sees' {
        $ill = Get-LOInstance $deployment -Lab | Where-Object Name -EQ linkoverflow-3
        $ill | Invoke-LOCommand 'sudo systemctl stop django-linkoverflow.socket django-linkoverflow.service' | Out-Null
        try {
            $seen = Test-LODeployment $deployment -Lab -ErrorVariable failed -ErrorAction SilentlyContinue
            ($seen | Where-Object Healthy -EQ $false).Name | Should -Be 'linkoverflow-3'
            $failed.FullyQualifiedErrorId | Should -BeLike 'HealthCheckFailed,*'
            & (Get-Process -Id $PID).Path -NoProfile -Command "Import-Module '$manifest'; Test-LODeployment $deployment -Lab" *> $null
            $LASTEXITCODE | Should -Be 1
        } finally {
            $ill | Invoke-LOCommand 'sudo systemctl start django-linkoverflow.socket' | Out-Null
        }
    }

    It 'Watch-LODeployment emits each look where nobody sees a table' {
        $seen = Watch-LODeployment $deployment -Lab -Interval 1 -Count 2 -PassThru
        $seen | Should -HaveCount 4
        @($seen.Time | Select-Object -Unique).Count | Should -BeGreaterThan 1
    }

    It 'Tab completes <_>' -ForEach 'deployments', 'instances', 'releases that are in use', 'releases to go back to' {
        $line, $text = switch ($_) {
            'deployments' { 'Remove-LODeployment -Lab ', $deployment }
            'instances' { 'Remove-LOInstance -Lab ', $result.Healthy[0].InstanceId }
            'releases that are in use' { 'Get-LOInstance -Lab | Undo-LODjango ', (Current $deployment)[0].Release }
            default { 'Get-LOInstance -Lab | Undo-LODjango ', (Get-LOInstance -Lab | Get-LORelease | Where-Object { $_.Published -and -not $_.Current })[0].Release }
        }
        (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText | Should -Contain $text
    }

    It '-Confirm asks before anything is launched' {
        $said = & (Get-Process -Id $PID).Path -NoProfile -NonInteractive -Command "Import-Module '$manifest'; Start-LODeployment '$project' 1 -Lab -Confirm" 2>&1 | Out-String
        $LASTEXITCODE | Should -Be 1
        $said | Should -Match 'NonInteractive'
        Get-LODeployment -Lab | Should -HaveCount 1
    }
}
