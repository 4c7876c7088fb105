# New-LOInstance as the pipeline sees it, on machines of the lab: each instance comes when it is ready, one that fails is one error.
BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    Import-Module $manifest

    . "$PSScriptRoot/Machines.ps1"
    $missing = Get-LabMissing
}

Describe 'New-LOInstance on machines of the lab' -Tag Machines {
    BeforeAll {
        if (-not $missing) {
            $own = Start-OwnLab
            $null = Start-LOLab
        }

        Push-Location $root

        function Add-Fault { $null = & dotnet $lab fault add @args }
    }

    AfterAll {
        Pop-Location
        if (-not $missing) { Stop-OwnLab $own }
    }

    BeforeEach { if ($missing) { Set-ItResult -Skipped -Because $missing } }

    AfterEach {
        if (-not $missing) {
            $null = & dotnet $lab fault clear
            Get-LODeployment -Lab | Remove-LODeployment -Lab -Confirm:$false
        }
    }

    It 'emits an instance the moment it can be logged in to, the others still booting' {
        # An hour is longer than it would wait for the second one.
        Add-Fault slow-boot --seconds 3600 --nth 2
        $first = New-LOInstance samples/linkoverflow 2 -Lab -ErrorVariable failed | Select-Object -First 1
        $first.Name | Should -Be 'linkoverflow-1'
        $first.Stage | Should -Be 'Reachable'
        $first.HostKey | Should -Match '^ssh-'
        $failed | Should -BeNullOrEmpty
        (Get-LOInstance $first.Deployment -Lab).Name | Should -Be 'linkoverflow-1', 'linkoverflow-2'
    }

    It 'tells of one that dies while booting as an error with EC2''s reason and its last words, and emits the other' {
        Add-Fault boot-failure --nth 1
        $reached = New-LOInstance samples/linkoverflow 2 -Lab -ErrorVariable failed -ErrorAction SilentlyContinue
        $reached.Name | Should -Be 'linkoverflow-2'
        $failed | Should -HaveCount 1
        $failed.FullyQualifiedErrorId | Should -BeLike 'InstanceUnreachable,*'
        $failed.TargetObject.Name | Should -Be 'linkoverflow-1'
        "$failed" | Should -Match '(?s)Server\.InternalError.*The last lines of its console:.*boot failure'
    }

    It 'refuses a host that presents another key than its console told, loudly' {
        Add-Fault wrong-host-key
        New-LOInstance samples/linkoverflow 1 -Lab -ErrorVariable failed -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $failed.FullyQualifiedErrorId | Should -BeLike 'HostKeyMismatch,*'
        "$failed" | Should -Match 'presented another host key than i-[0-9a-f]+ printed to its console'
    }

    It '-HostKeyPolicy TrustOnFirstUse takes the key that is presented, whatever the console told' {
        Add-Fault wrong-host-key
        $reached = New-LOInstance samples/linkoverflow 1 -Lab -HostKeyPolicy TrustOnFirstUse
        $reached.Stage | Should -Be 'Reachable'
        $reached.HostKey | Should -Match '^ssh-ed25519 AAAA'
        (Get-LOInstance $reached.Deployment -Lab -HostKeyPolicy TrustOnFirstUse).HostKey | Should -Be $reached.HostKey
    }

    It '-HostKeyPolicy KnownHosts lets in nobody whom your own known_hosts files do not know' {
        New-LOInstance samples/linkoverflow 1 -Lab -HostKeyPolicy KnownHosts -ErrorVariable failed -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $failed.FullyQualifiedErrorId | Should -BeLike 'HostKeyMismatch,*'
        "$failed" | Should -Match 'a host key that your known_hosts files do not hold'
    }

    It 'leaves, killed by <_> while they boot, what Get-LODeployment lists and Remove-LODeployment removes' -ForEach KILL, HUP {
        Add-Fault slow-boot --seconds 3600 --count 2
        # The suite itself may run below nohup, whose children would not hear of HUP.
        $session = Start-Process env -PassThru -RedirectStandardOutput "$TestDrive/said" -RedirectStandardError "$TestDrive/wrong" -ArgumentList @(
            '--default-signal=HUP', [Environment]::ProcessPath, '-NoProfile', '-NonInteractive', '-Command', "Import-Module '$manifest'; New-LOInstance samples/linkoverflow 2 -Lab")
        while (-not $session.HasExited -and @((Get-LODeployment -Lab).Instances).Count -lt 2) { Start-Sleep -Milliseconds 100 }
        $session.HasExited | Should -BeFalse -Because (Get-Content -Raw "$TestDrive/wrong")
        kill -s $_ $session.Id
        $session.WaitForExit(60000) | Should -BeTrue
        $found = Get-LODeployment -Lab
        $found.Instances.Name | Should -Be 'linkoverflow-1', 'linkoverflow-2'
        $found | Remove-LODeployment -Lab -Confirm:$false
        Get-LODeployment -Lab | Should -BeNullOrEmpty
    }

    It 'shows a bar for the deployment and below it one for each instance, as many as there is room for' {
        # A host without a terminal has room for ten.
        $config = Join-Path $TestDrive 'instance.config'
        (Get-Content -Raw instance.config) -replace '(?<=PuppetConfigFile = )', "$root/" -replace '(?m)^\[EC2\]$', "[EC2]`nMaxInstances = 12" | Set-Content $config
        $shell = [powershell]::Create().AddScript("Import-Module '$manifest'; Set-Location '$root'; New-LOInstance samples/linkoverflow 12 -Lab -InstanceConfig '$config'")
        try {
            $reached = $shell.Invoke()
            $reached | Should -HaveCount 12 -Because "$($shell.Streams.Error)"
            $open = @{}
            foreach ($record in $shell.Streams.Progress) {
                if ($record.RecordType -eq 'Completed') { $open.Remove($record.ActivityId) } else { $open[$record.ActivityId] = $record }
                $children = @($open.Values | Where-Object ParentActivityId -GE 0)
                $children.Count | Should -BeLessOrEqual 10
                foreach ($child in $children) { $open[$child.ParentActivityId].Activity | Should -Be $reached[0].Deployment }
            }

            $open.Values | Should -BeNullOrEmpty
            $shell.Streams.Progress.StatusDescription -match '; 2 not shown' | Should -Not -BeNullOrEmpty
        } finally {
            $shell.Dispose()
        }
    }

    It 'leaves nothing where EC2 gives fewer than -MinimumCount' {
        Add-Fault capacity --count 1
        { New-LOInstance samples/linkoverflow 2 -Lab -MinimumCount 2 -WarningAction SilentlyContinue } | Should -Throw '*InsufficientInstanceCapacity*' -ErrorId 'CapacityInsufficient,*'
        Get-LODeployment -Lab | Should -BeNullOrEmpty
    }
}
