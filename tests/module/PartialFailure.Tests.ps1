# One of three hosts fails, at each stage in turn: the two others are served, the failure is told with its host's own words, and once its
# cause is gone -Resume brings the deployment to three without launching any of them twice.
BeforeDiscovery {
    $stages = @(
        @{ Stage = 'boot'; ErrorId = 'InstanceUnreachable'; Says = 'boot failure'; Fault = 'boot-failure'; Names = 1, 3, 4 }
        # Where the manifest wants a file, there is a folder with something in it.
        @{ Stage = 'Puppet'; ErrorId = 'PuppetApplyFailed'; Says = '/etc/linkoverflow/user'; Break = 'sudo mkdir -p /etc/linkoverflow/user/full'; Mend = 'sudo rm -r /etc/linkoverflow/user' }
        @{ Stage = 'publish'; ErrorId = 'PublishFailed'; Says = 'broken on this host'; Code = 'raise RuntimeError("broken on this host")' }
        @{ Stage = 'health'; ErrorId = 'HealthCheckFailed'; Says = 'broken when it is asked'; Code = 'MIDDLEWARE.insert(0, "linkoverflow.broken.middleware")' }
    )
}

BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    Import-Module $manifest
    . "$PSScriptRoot/Machines.ps1"
    $missing = Get-LabMissing
}

Describe 'One of three hosts that fails at <Stage>' -Tag Machines -ForEach $stages {
    BeforeAll {
        if (-not $missing) { $own = Start-OwnLab }
        Push-Location $root
        $project = Join-Path $TestDrive 'linkoverflow'
        Copy-Item -Recurse $sample $project
        if ($missing) { return }

        $start = @{ Project = $project; Lab = $true; Summary = $true; ErrorVariable = 'errors'; ErrorAction = 'SilentlyContinue'; WarningAction = 'SilentlyContinue' }
        $settings = Join-Path $project 'linkoverflow/settings.py'
        if ($Fault) {
            $null = Start-LOLab
            & dotnet $lab fault add $Fault --nth 2 | Out-Null
        }

        Set-Content (Join-Path $project 'linkoverflow/broken.py') @'
def middleware(get_response):
    def respond(request):
        raise RuntimeError("broken when it is asked")
    return respond
'@
        if ($Code) { Add-Content $settings "if INSTANCE['name'] == 'linkoverflow-2':`n    $Code" }
        if ($Break) {
            $launched = New-LOInstance $project 3 -Lab
            $launched | Where-Object Name -EQ linkoverflow-2 | Invoke-LOCommand $Break | Out-Null
            $result = Start-LODeployment @start -Resume $launched[0].Deployment
        } else {
            $result = Start-LODeployment @start -Count 3
        }
    }

    AfterAll {
        Pop-Location
        if (-not $missing) { Stop-OwnLab $own }
    }

    BeforeEach { if ($missing) { Set-ItResult -Skipped -Because $missing } }

    It 'leaves the two others healthy and served' {
        $result.Healthy.Name | Should -Be 'linkoverflow-1', 'linkoverflow-3'
        foreach ($url in $result.Urls) { (Invoke-WebRequest -NoProxy $url).StatusCode | Should -Be 200 }
    }

    It 'is one error, with its host''s name, an id and the host''s own words' {
        $errors | Should -HaveCount 1
        $errors.FullyQualifiedErrorId | Should -BeLike "$ErrorId,*"
        $errors.Exception.Message | Should -Match 'linkoverflow-2'
        $errors.Exception.Message | Should -Match ([regex]::Escape($Says))
        $errors.TargetObject.Name | Should -Be 'linkoverflow-2'
        $result.Failed.Name | Should -Be 'linkoverflow-2'
        $result.Failed.Stage | Should -Be 'Failed'
        $result.Success | Should -BeTrue -Because 'one is enough unless -MinimumCount asks for more'
    }

    It 'is made up for by -Resume once its cause is gone, with nothing launched twice' {
        if ($Code) { Copy-Item (Join-Path $sample 'linkoverflow/settings.py') $settings }
        if ($Mend) { Get-LOInstance $result.Deployment -Lab | Where-Object Name -EQ linkoverflow-2 | Invoke-LOCommand $Mend | Out-Null }
        $all = Start-LODeployment $project -Resume $result.Deployment -Lab
        $all.Stage | Should -Be 'Healthy', 'Healthy', 'Healthy'
        $all.Name | Sort-Object | Should -Be ($Names ?? (1, 2, 3) | ForEach-Object { "linkoverflow-$_" })
        Get-LOInstance $result.Deployment -Lab | Should -HaveCount 3
        foreach ($before in $result.Healthy) { $all.InstanceId | Should -Contain $before.InstanceId }
    }
}
