# Every example of Get-Help, and the PowerShell of docs/, run as they stand there: in a folder that has what a clone's has, against a lab of
# its own, in an order in which each finds what it speaks of.
BeforeDiscovery {
    $root = Split-Path (Split-Path $PSScriptRoot)
    Import-Module (Join-Path $root 'LinkOverflow.Deploy.psd1')
    # What emits nothing here, each for the reason given.
    $silent = @(
        'Get-LODeployment -Lab | Where-Object Age -GT 1.00:00'  # none is as old
        'Get-LOInstance -Lab | Where-Object Stage -NE Healthy | Remove-LOInstance -Lab -WhatIf'  # all are healthy
    )
    $order = 'Start-LOLab', 'Test-LOSettings', 'New-LOSettings', 'New-LOInstance', 'Get-LOLab', 'Install-LOPuppet', 'Publish-LODjango', 'Get-LOInstance',
        'Get-LODeployment', 'Update-LODeployment', 'Get-LORelease', 'Undo-LODjango', 'Get-LOLog', 'Invoke-LOCommand', 'Enter-LOHost', 'Test-LODeployment',
        'Watch-LODeployment', 'docs/hosts.md', 'Remove-LOInstance', 'Remove-LODeployment', 'docs/deployments.md', 'docs/provisioning.md', 'Start-LODeployment', 'Stop-LOLab'
    $examples = foreach ($where in $order) {
        $codes = if ($where -like 'docs/*') {
            [regex]::Matches((Get-Content -Raw (Join-Path $root $where)), '(?s)```powershell\n(.*?)\n```').ForEach{ $_.Groups[1].Value }
        } else {
            (Get-Help $where).examples.example.code
        }
        $number = 0
        foreach ($code in $codes) {
            @{ Where = $where; Number = ++$number; Code = $code.Trim(); Speaks = $code -notmatch '-WhatIf|^\$\w+ = [^\n]*$|^(Remove|Stop)-|Remove-LODeployment|Enter-' -and $code.Trim() -notin $silent }
        }
    }
}

BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    Import-Module $manifest
    . "$PSScriptRoot/Machines.ps1"
}

Describe 'The examples' {
    It 'are all run below' -ForEach @{ Order = $order; Examples = $examples } {
        $cmdlets = (Import-PowerShellDataFile $manifest).CmdletsToExport
        $pages = Get-ChildItem (Join-Path $root 'docs/*.md') | Where-Object { Select-String -Quiet '^```powershell' $_ } | ForEach-Object { "docs/$($_.Name)" }
        $Order | Sort-Object | Should -Be (@($cmdlets) + @($pages) | Sort-Object)
        $Examples.Where | Select-Object -Unique | Should -Be $Order
    }
}

Describe 'An example' -Tag Machines {
    BeforeAll {
        $missing = Get-LabMissing
        if (-not $missing) { $own = Start-OwnLab }
        foreach ($name in 'samples', 'puppet', 'instance.config') { Copy-Item -Recurse (Join-Path $root $name) $TestDrive }
        Push-Location $TestDrive
        $home1 = $env:HOME
        $env:HOME = (New-Item -ItemType Directory (Join-Path $TestDrive 'home')).FullName
        $null = New-Item -ItemType Directory "$env:HOME/.aws"
        Set-Content "$env:HOME/.aws/credentials" "[work]`naws_access_key_id = AKIAEXAMPLE`naws_secret_access_key = example"
        Set-Content "$env:HOME/LinkOverflow-keys.pem" 'a private key'
        Set-Mode "$env:HOME/LinkOverflow-keys.pem" 400
    }

    AfterAll {
        Pop-Location
        if (-not $missing) { Stop-OwnLab $own }
        $env:HOME = $home1
    }

    BeforeEach { if ($missing) { Set-ItResult -Skipped -Because $missing } }

    It 'of <Where> runs: <Code>' -ForEach $examples {
        # Each in the scope of the script, as at a prompt, and with an error as its end.
        $ErrorActionPreference = 'Stop'
        $said = if ($Code -match '~') {
            # The AWS SDK looks where ~ is once in a process.
            & ([Environment]::ProcessPath) -NoProfile -NonInteractive -Command "Import-Module '$manifest'; `$ErrorActionPreference = 'Stop'; $Code" 2>&1
            $LASTEXITCODE | Should -Be 0
        } else {
            . ([scriptblock]::Create($Code)) *>&1
        }

        $emitted = $said | Where-Object { $_ -isnot [Management.Automation.InformationRecord] -and $_ -isnot [Management.Automation.WarningRecord] }
        if ($Speaks) { $emitted | Should -Not -BeNullOrEmpty }
        $said | Where-Object { $_ -is [Management.Automation.ErrorRecord] } | Should -BeNullOrEmpty
    }
}
