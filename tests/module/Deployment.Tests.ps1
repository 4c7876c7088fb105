# The main job on real machines, by both of its spellings: a lab of the suite's own, four machines, each of them used for all
# that can be seen on it.
BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    Import-Module $manifest

    $lab = Join-Path $root 'bin' 'lab' 'LinkOverflow.Lab.dll'
    $missing = if (-not $IsLinux) {
        'the lab needs Linux'
    } elseif (-not (Test-Path $lab)) {
        "there is no $lab"
    } else {
        $said = & dotnet $lab check 2>&1 | Out-String
        if ($LASTEXITCODE -ne 0) { "the lab cannot run here: $said" }
    }

    # A test that cannot be is counted as skipped, with the reason.
    function Skip-WithoutLab { if ($missing) { Set-ItResult -Skipped -Because $missing } }
}

Describe 'On machines of the lab' -Tag Machines {
    BeforeAll {
        $before = @{ XDG_STATE_HOME = $env:XDG_STATE_HOME; LINKOVERFLOW_LAB = $env:LINKOVERFLOW_LAB }
        $state = [IO.Directory]::CreateTempSubdirectory('lopester').FullName
        $env:XDG_STATE_HOME = $state
        $env:LINKOVERFLOW_LAB = $lab
        Push-Location $root

        function Machines { (& dotnet $lab status --json | ConvertFrom-Json).machines | Where-Object state -NotIn terminated, shutting-down }

        function Page([string] $Url) { Invoke-WebRequest $Url -NoProxy -SkipHttpErrorCheck -TimeoutSec 20 }

        # The lab's own settings and the product's instance.config, for a test to change.
        function New-LabRequest {
            $folder = New-Item -ItemType Directory (Join-Path $TestDrive ([guid]::NewGuid()))
            Copy-Item "$state/linkoverflow/lab/.aws.settings" "$folder/.aws.settings"
            Set-Mode "$folder/.aws.settings" 600
            (Get-Content -Raw "$root/instance.config") -replace '(?<=PuppetConfigFile = )', "$root/" | Set-Content "$folder/instance.config"
            @{ AwsSettings = "$folder/.aws.settings"; InstanceConfig = "$folder/instance.config" }
        }

        if (-not $missing) {
            $whole = Start-LODeployment -Project samples/linkoverflow -Count 2 -Lab
            $steps = New-LOInstance -Project samples/linkoverflow -Count 2 -Lab |
                ForEach-Object -Parallel { $_ | Install-LOPuppet | Publish-LODjango -Project samples/linkoverflow }
        }
    }

    AfterAll {
        Pop-Location
        if (-not $missing) {
            $said = & dotnet $lab stop --terminate 2>&1 | Out-String
            $stopped = $LASTEXITCODE -eq 0
        }

        foreach ($name in $before.Keys) {
            if ($null -eq $before[$name]) { Remove-Item "Env:$name" -ErrorAction Ignore } else { Set-Item "Env:$name" $before[$name] }
        }

        if (-not $missing -and -not $stopped) { throw "The lab in $state did not stop: $said" }
        Remove-Item -LiteralPath $state -Recurse -Force
    }

    BeforeEach { Skip-WithoutLab }

    Context 'Start-LODeployment, and New-LOInstance | ForEach-Object -Parallel { Install-LOPuppet | Publish-LODjango }' {
        It 'end in as many objects of the same type' {
            $whole | Should -HaveCount 2
            $steps | Should -HaveCount 2
            @($whole) + @($steps) | ForEach-Object { $_.GetType() } | Select-Object -Unique | ForEach-Object FullName |
                Should -Be 'LinkOverflow.Deploy.Deployments.LOInstance'
        }

        It 'end in the same state: healthy, configured, published' {
            foreach ($instance in @($whole) + @($steps)) {
                $instance.Stage | Should -Be 'Healthy'
                $instance.Health | Should -Be 'ok'
                $instance.Puppet | Should -Not -BeNullOrEmpty
                $instance.Release | Should -Not -BeNullOrEmpty
                $instance.HostKey | Should -Match '^ssh-|^ecdsa-'
                $instance.Elapsed | Should -BeGreaterThan ([timespan]::Zero)
            }
        }

        It 'fill the same properties' {
            $filled = foreach ($instance in @($whole) + @($steps)) {
                $instance.PSObject.Properties | Where-Object { $null -ne $_.Value } | Join-String Name -Separator ' '
            }
            $filled | Select-Object -Unique | Should -HaveCount 1
        }

        It 'number the instances of a deployment, and give each deployment an id' {
            $whole.Name | Sort-Object | Should -Be 'linkoverflow-1', 'linkoverflow-2'
            $steps.Name | Sort-Object | Should -Be 'linkoverflow-1', 'linkoverflow-2'
            @($whole.Deployment | Select-Object -Unique) | Should -HaveCount 1
            @(@($whole) + @($steps) | ForEach-Object Deployment | Select-Object -Unique) | Should -HaveCount 2
        }

        It 'serve a page from each instance''s own address that names the instance' {
            foreach ($instance in @($whole) + @($steps)) {
                $page = Page $instance.Url
                $page.StatusCode | Should -Be 200
                $page.Content | Should -Match $instance.InstanceId
            }
        }

        It 'are what the lab has' {
            (Machines).Count | Should -Be 4
        }

        It 'show no content of the private key' {
            $key = (Get-Content $whole[0].KeyFile)[1]
            @($whole) + @($steps) | Format-List * -Force | Out-String -Width 500 | Should -Not -Match ([regex]::Escape($key))
        }
    }

    Context 'Instances that are piped straight from step to step' {
        BeforeAll {
            if (-not $missing) {
                $again = $steps | Install-LOPuppet -InformationVariable told | Publish-LODjango -Project samples/linkoverflow
            }
        }

        It 'come out healthy, too' {
            $again.InstanceId | Sort-Object | Should -Be ($steps.InstanceId | Sort-Object)
            $again.Stage | Should -Be 'Healthy', 'Healthy'
        }

        It 'are worked on side by side: each has begun before one is done' {
            $did = @($told | ForEach-Object { "$_" } | Where-Object { $_ -match 'installing Puppet|Puppet .*(changed|unchanged|failed|resources)' })
            $did[0] | Should -Match 'installing Puppet'
            $did[1] | Should -Match 'installing Puppet'
        }

        It 'are changed by Puppet once, not twice' {
            $again | ForEach-Object { $_.Puppet.Changed.Count } | Should -Be 0, 0
        }
    }

    Context 'What EC2 alone knows to be wrong' {
        BeforeDiscovery {
            $wrong = @(
                @{ Row = 13; Case = 'a secret that is not the key''s'; Id = 'CredentialsRejected'; File = 'AwsSettings'; Pattern = '(?<=SecretAccessKey = ).*'; Text = 'MarkedWrongSecret'; Names = @() }
                @{ Row = 17; Case = 'a key pair unknown in the region'; Id = 'KeyPairNotFound'; File = 'AwsSettings'; Pattern = '(?<=SSHKeyPair = ).*'; Text = 'nobody'; Names = 'nobody', 'us-west-2', 'lab' }
                @{ Row = 22; Case = 'an image unknown in the region'; Id = 'ImageNotFound'; File = 'InstanceConfig'; Pattern = '(?<=ImageID = ).*'; Text = 'ami-00000000'; Names = 'ami-00000000', 'us-west-2' }
                @{ Row = 23; Case = 'a type of instance that is none'; Id = 'InstanceTypeUnknown'; File = 'InstanceConfig'; Pattern = '(?<=InstanceType = ).*'; Text = 't100.enormous'; Names = 't100.enormous', 'us-west-2' }
            )
        }

        It 'row <Row>, <Case>, is found by Test-LOSettings and refused before a launch: <Id>' -ForEach $wrong {
            $request = New-LabRequest
            Edit-Text $request.$File $Pattern $Text
            $found = Test-LOSettings samples/linkoverflow @request | Where-Object Status -EQ Error
            $found.Id | Should -Be $Id
            foreach ($name in $Names) { "$($found.Message) $($found.Fix)" | Should -BeLike "*$name*" }
            "$($found.Message) $($found.Fix)" | Should -Not -Match 'MarkedWrongSecret'

            { Start-LODeployment samples/linkoverflow 1 @request } |
                Should -Throw -ErrorId "$Id,LinkOverflow.Deploy.PowerShell.StartLODeploymentCmdlet"
            (Machines).Count | Should -Be 4
        }

        It 'row 18, a key file of another pair, is found by its fingerprint and refused before a launch: KeyPairMismatch' {
            $request = New-LabRequest
            $other = Join-Path $TestDrive 'other.pem'
            ssh-keygen -q -t ed25519 -N '' -f $other
            Edit-Text $request.AwsSettings '(?<=SSHKeyPairFile = ).*' $other
            $found = Test-LOSettings samples/linkoverflow @request | Where-Object Status -EQ Error
            $found.Id | Should -Be KeyPairMismatch
            $found.Message | Should -BeLike "*$other*lab*fingerprint*"
            { Start-LODeployment samples/linkoverflow 1 @request } |
                Should -Throw -ErrorId 'KeyPairMismatch,LinkOverflow.Deploy.PowerShell.StartLODeploymentCmdlet'
            (Machines).Count | Should -Be 4
        }

        It 'is nothing with the lab''s own settings' {
            $request = New-LabRequest
            Test-LOSettings samples/linkoverflow @request -Quiet | Should -BeTrue
        }
    }

    Context 'Hosts that fail' {
        It 'row 26: a manifest that Puppet cannot read is one error per host, and no end to the pipeline' {
            $folder = New-Item -ItemType Directory "$TestDrive/broken"
            Set-Content "$folder/broken.pp" "file { '/tmp/x': ensure => `n"
            (Get-Content -Raw instance.config) -replace '(?<=PuppetConfigFile = ).*', 'broken.pp' | Set-Content "$folder/instance.config"

            $output = $steps | Install-LOPuppet -InstanceConfig "$folder/instance.config" -ErrorVariable failed -ErrorAction SilentlyContinue
            $output | Should -BeNullOrEmpty
            $failed | Should -HaveCount 2
            $failed.FullyQualifiedErrorId | Select-Object -Unique | Should -Be 'ManifestInvalid,LinkOverflow.Deploy.PowerShell.InstallLOPuppetCmdlet'
            $failed.TargetObject.Name | Sort-Object | Should -Be 'linkoverflow-1', 'linkoverflow-2'
            $failed.TargetObject.Stage | Should -Be 'Failed', 'Failed'
            $failed | ForEach-Object { "$_" | Should -Match 'broken\.pp' }
        }

        It 'and serve what they served before' {
            foreach ($instance in $steps) { (Page $instance.Url).StatusCode | Should -Be 200 }
        }

        It 'row 24: an unreachable PuppetURL fails its host with that host''s own last lines, and the others go on' {
            $folder = New-Item -ItemType Directory "$TestDrive/unreachable"
            (Get-Content -Raw instance.config) -replace '(?<=PuppetURL =).*', ' http://bleh.invalid/puppet.deb' -replace '(?<=PuppetConfigFile = )', "$root/" |
                Set-Content "$folder/instance.config"
            $fresh = New-LOInstance samples/linkoverflow 1 -Lab -InstanceConfig "$folder/instance.config"
            try {
                # Each goes by the configuration that it was launched with.
                $output = @($fresh; $steps[0]) | Install-LOPuppet -ErrorVariable failed -ErrorAction SilentlyContinue
                $output.InstanceId | Should -Be $steps[0].InstanceId
                $failed | Should -HaveCount 1
                $failed.FullyQualifiedErrorId | Should -Be 'PuppetInstallFailed,LinkOverflow.Deploy.PowerShell.InstallLOPuppetCmdlet'
                $failed.TargetObject.InstanceId | Should -Be $fresh.InstanceId
                # The first line names the URL; what follows are the remote command's own words.
                "$failed" | Should -Match '(?s)http://bleh\.invalid/puppet\.deb.*\n.*(resolve|Name or service not known|bleh\.invalid)'
            } finally {
                $fresh | Remove-LODeployment -Lab -Confirm:$false
            }
        }

        It 'row 29: one that nobody can log in to is an error that names it and what was waited for' {
            $request = New-LabRequest
            Edit-Text $request.InstanceConfig '(?<=SshUser = ).*' "stranger`nBootTimeout = 6"
            $output = New-LOInstance samples/linkoverflow 1 @request -ErrorVariable failed -ErrorAction SilentlyContinue
            $output | Should -BeNullOrEmpty
            $failed | Should -HaveCount 1
            $failed.FullyQualifiedErrorId | Should -Be 'InstanceUnreachable,LinkOverflow.Deploy.PowerShell.NewLOInstanceCmdlet'
            "$failed" | Should -Match 'linkoverflow-1.*within 6 s.*a login as stranger'
            $failed.TargetObject | Remove-LODeployment -Lab -Confirm:$false
        }
    }

    Context 'Get-LODeployment and Get-LOInstance' {
        It 'tell state, health, age and hours, and need no configuration' {
            Push-Location $TestDrive
            try {
                $found = Get-LODeployment $steps[0].Deployment -Lab
                $found.State | Should -Be 'running'
                $found.Health | Should -Be '2/2'
                $found.Age | Should -BeGreaterThan ([timespan]::Zero)
                $found.InstanceHours | Should -BeGreaterThan 0
                $found.Instances.Stage | Should -Be 'Healthy', 'Healthy'
                $found.Instances.Health | Should -Be 'ok', 'ok'
                $found.Instances.SshUser | Should -Be 'admin', 'admin'
                $found.OtherResources | Should -Match '^sg-'
            } finally {
                Pop-Location
            }
        }

        It 'find by its tags what was launched' {
            $found = Get-LODeployment -Lab
            $found.Deployment | Sort-Object | Should -Be ($whole[0].Deployment, $steps[0].Deployment | Sort-Object)
            $found.Project | Should -Be 'linkoverflow', 'linkoverflow'
            $found | ForEach-Object { $_.Instances.Count } | Should -Be 2, 2
        }

        It 'give instances that are like those of the launch, ready for the next step' {
            $found = Get-LOInstance $whole[0].Deployment -Lab
            $found.InstanceId | Sort-Object | Should -Be ($whole.InstanceId | Sort-Object)
            $found[0].GetType() | Should -Be $whole[0].GetType()
            $found.HostKey | Sort-Object | Should -Be ($whole.HostKey | Sort-Object)
            ($found | Publish-LODjango -Project samples/linkoverflow).Stage | Should -Be 'Healthy', 'Healthy'
        }
    }

    Context 'A plan by -WhatIf' {
        BeforeAll {
            if (-not $missing) {
                # As docs/provisioning.md has it. The transcript has what PowerShell's host is told.
                $command = [regex]::Match((Get-Content -Raw docs/provisioning.md), '(?s)```powershell\n(.*?)```').Groups[1].Value
                $result = Invoke-FreshPowerShell -Variables @{ manifest = $manifest; root = $root; command = $command; transcript = "$TestDrive/plan" } {
                    Import-Module $manifest
                    Set-Location $root
                    $null = Start-Transcript $transcript
                    $emitted = Invoke-Expression $command
                    $null = Stop-Transcript
                    [pscustomobject]@{ Emitted = $emitted; Said = Get-Content -Raw $transcript | Out-String }
                }
            }
        }

        It 'emits nothing and launches nothing' {
            $result.Emitted | Should -BeNullOrEmpty
            (Machines).Count | Should -Be 4
        }

        It 'says <_>' -ForEach @(
            'Launch 3 x t3\.small of resolve:ssm:.* in us-west-2a for project linkoverflow'
            'linkoverflow-1 to linkoverflow-3, at least 1'
            'encrypted, deleted with the instance'
            'IMDSv2 only'
            'opens 22/tcp from 127\.0\.0\.0/8'
            'opens 8080/tcp from 0\.0\.0\.0/0'
            'linkoverflow:deployment = linkoverflow-[0-9a-f]{8}'
            'linkoverflow:owner = .+@.+'
        ) {
            $result.Said | Should -Match $_
        }
    }

    Context 'Remove-LODeployment' {
        It 'removes nothing with -WhatIf' {
            Remove-LODeployment $whole[0].Deployment -Lab -WhatIf
            (Machines).Count | Should -Be 4
        }

        It 'removes the deployment that is named, and no other' {
            Remove-LODeployment $whole[0].Deployment -Lab -Confirm:$false
            (Machines).id | Sort-Object | Should -Be ($steps.InstanceId | Sort-Object)
            { Page $whole[0].Url } | Should -Throw
            (Page $steps[0].Url).StatusCode | Should -Be 200
        }

        It 'leaves to Remove-LOInstance what is about one instance' {
            $steps[0] | Remove-LOInstance -Lab -WhatIf
            $steps[0] | Remove-LOInstance -Lab -Confirm:$false
            (Machines).id | Should -Be $steps[1].InstanceId
            (Page $steps[1].Url).StatusCode | Should -Be 200
            $foreign = 'i-00000000000000000'
            { Remove-LOInstance $foreign -Lab -Confirm:$false } | Should -Throw "*$foreign*no instance of a deployment*" -ErrorId 'ValueInvalid,*'
        }

        It 'takes instances from the pipeline' {
            $steps | Remove-LODeployment -Lab -Confirm:$false
            Machines | Should -BeNullOrEmpty
            Get-LODeployment -Lab | Should -BeNullOrEmpty
        }
    }
}
