# Beside another AWSSDK.Core: a session that has a decoy of that name loaded, as AWS.Tools would, runs every cmdlet of the module, on a
# machine of the lab; and many runspaces at once share the one client of their region and credentials.
BeforeDiscovery {
    $cmdlets = (Import-PowerShellDataFile "$PSScriptRoot/../../LinkOverflow.Deploy.psd1").CmdletsToExport | ForEach-Object { @{ Cmdlet = $_ } }
}

BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    . "$PSScriptRoot/Machines.ps1"
    $missing = Get-LabMissing
}

Describe 'With another AWSSDK.Core in the session' -Tag Machines {
    BeforeAll {
        if (-not $missing) {
            $own = Start-OwnLab
            $project = Join-Path $TestDrive 'linkoverflow'
            Copy-Item -Recurse $sample $project
            Set-Content "$TestDrive/run.ps1" @'
param($root, $project, $folder)
$ErrorActionPreference = 'Stop'

# Add-Type would give the assembly a random name, whatever its file is called.
$builder = [Reflection.Emit.PersistedAssemblyBuilder]::new([Reflection.AssemblyName]'AWSSDK.Core, Version=3.1.2.3', [object].Assembly)
$module = $builder.DefineDynamicModule('AWSSDK.Core')
foreach ($type in 'Amazon.RegionEndpoint', 'Amazon.Runtime.AmazonServiceClient', 'Amazon.Runtime.ClientConfig') { $null = $module.DefineType($type, 'Public').CreateType() }
$builder.Save("$folder/AWSSDK.Core.dll")
Add-Type -Path "$folder/AWSSDK.Core.dll"

Import-Module "$root/LinkOverflow.Deploy.psd1"
Set-Location $root
$seen = [ordered]@{}

# Each cmdlet by a call that needs AWS's answer, or the host's, and what it came to.
$lab = Start-LOLab
$seen['Start-LOLab'] = $lab.Endpoint
$seen['Get-LOLab'] = (Get-LOLab).Endpoint
$keys = @{}
foreach ($line in Get-Content $lab.Settings) { if ($line -match '^(\w+) = (.*)$') { $keys[$Matches[1]] = $Matches[2] } }
$secret = ConvertTo-SecureString $keys.SecretAccessKey -AsPlainText -Force
$seen['New-LOSettings'] = (New-LOSettings -AwsSettings "$folder/.aws.settings" -InstanceConfig "$folder/instance.config" -AccessKeyId $keys.AccessKeyId -SecretAccessKey $secret -AvailabilityZone us-west-2b -KeyPair decoy -KeyFile "$folder/decoy.pem" -CreateKeyPair -EndpointUrl $lab.Endpoint -ImageId resolve:ssm:/lab/debian/12 -InstanceType t3.micro).Name -join ' '
$seen['Test-LOSettings'] = @(Test-LOSettings -AwsSettings "$folder/.aws.settings" -InstanceConfig "$folder/instance.config" | Where-Object { $_.Check -in 'Credentials', 'KeyPair', 'Image', 'Permission' }).Status -join ' '
$bare = New-LOInstance $project 1 -Lab
$seen['New-LOInstance'] = "$($bare.Stage)"
$seen['Remove-LOInstance'] = "$(Remove-LOInstance $bare.InstanceId -Lab -Confirm:$false)$(@(Get-LOInstance $bare.Deployment -Lab).Count)"
$instance = New-LOInstance $project 1 -Lab
$seen['Install-LOPuppet'] = "$(($instance | Install-LOPuppet).Stage)"
$published = $instance | Publish-LODjango -Project $project
$seen['Publish-LODjango'] = "$($published.Stage)"
$seen['Get-LORelease'] = "$($instance | Get-LORelease | Where-Object Current | ForEach-Object Release)" -eq $published.Release
$seen['Get-LOLog'] = [bool]($instance | Get-LOLog -Last 50).Message
$seen['Invoke-LOCommand'] = "$(($instance | Invoke-LOCommand 'echo here').Output)"
$instance | Enter-LOHost
$seen['Enter-LOHost'] = $LASTEXITCODE
$seen['Get-LODeployment'] = (Get-LODeployment $instance.Deployment -Lab).Health
$seen['Get-LOInstance'] = "$((Get-LOInstance $instance.Deployment -Lab).InstanceId)" -eq $instance.InstanceId
$seen['Test-LODeployment'] = (Test-LODeployment $instance.Deployment -Lab -Quiet)
$seen['Watch-LODeployment'] = (Watch-LODeployment $instance.Deployment -Lab -Interval 1 -Count 1 -PassThru).Health
Add-Content "$project/links/urls.py" '# another release'
$seen['Update-LODeployment'] = "$((Update-LODeployment $instance.Deployment $project -Lab).Stage)"
$seen['Undo-LODjango'] = "$(($instance | Undo-LODjango).Release)" -eq $published.Release
$seen['Start-LODeployment'] = "$((Start-LODeployment $project -Resume $instance.Deployment -Lab).Stage)"

$before = @{}
foreach ($many in 'before', 'after') {
    if ($many -eq 'after') { $before.Found = @(1..24 | ForEach-Object -ThrottleLimit 24 -Parallel { Get-LOInstance ($using:instance).Deployment -Lab }).InstanceId }
    $engine = @([AppDomain]::CurrentDomain.GetAssemblies() | Where-Object { $_.GetName().Name -eq 'LinkOverflow.Deploy' })
    if ($engine.Count -ne 1) { throw "$($engine.Count) engines are loaded" }
    $before[$many] = $engine[0].GetType('LinkOverflow.Deploy.Cloud.Ec2.AwsClients').GetField('Known', 'NonPublic, Static').GetValue($null).Count
}

Remove-LODeployment $instance.Deployment -Lab -Confirm:$false
$seen['Remove-LODeployment'] = @(Get-LODeployment -Lab).Count
Stop-LOLab
$seen['Stop-LOLab'] = [bool](Get-LOLab)
'<json>' + (ConvertTo-Json -Compress -Depth 4 @{
    Seen = $seen; Instance = $instance.InstanceId; Parallel = $before
    Decoy = [Amazon.RegionEndpoint].Assembly.GetName().Version.ToString()
    Cores = @([AppDomain]::CurrentDomain.GetAssemblies().GetName() | Where-Object Name -EQ AWSSDK.Core | ForEach-Object { $_.Version.Major } | Sort-Object)
})
'@
            # Nobody types anything at the terminal that Enter-LOHost gives to ssh.
            $said = '' | & ([Environment]::ProcessPath) -NoProfile -NonInteractive -File "$TestDrive/run.ps1" $root $project $TestDrive 2>&1 | Out-String -Width 4096
            $result = if ($said -match '(?m)^<json>(.*)$') { $Matches[1] | ConvertFrom-Json } else { throw "The session ended without a result:`n$said" }
        }
    }

    AfterAll { if (-not $missing) { Stop-OwnLab $own } }

    BeforeEach { if ($missing) { Set-ItResult -Skipped -Because $missing } }

    It 'both are loaded, each in its own context' {
        $result.Decoy | Should -Be '3.1.2.3'
        $result.Cores | Should -Be 3, 4
    }

    It '<Cmdlet> works' -ForEach $cmdlets {
        $expected = @{
            'New-LOInstance'      = 'Reachable'
            'Install-LOPuppet'    = 'Configured'
            'Publish-LODjango'    = 'Healthy'
            'Update-LODeployment' = 'Healthy'
            'Start-LODeployment'  = 'Healthy'
            'Get-LODeployment'    = '1/1'
            'Watch-LODeployment'  = 'ok'
            'Invoke-LOCommand'    = 'here'
            'Enter-LOHost'        = 0
            'New-LOSettings'      = 'decoy.pem .aws.settings instance.config linkoverflow.pp'
            'Test-LOSettings'     = 'Ok Ok Ok Ok'
            'Remove-LOInstance'   = '0'
            'Remove-LODeployment' = 0
            'Stop-LOLab'          = $false
        }
        $result.Seen.PSObject.Properties.Name | Should -Contain $Cmdlet
        $seen = $result.Seen.$Cmdlet
        if ($Cmdlet -in 'Start-LOLab', 'Get-LOLab') {
            $seen | Should -Match '^http://127\.0\.0\.1:\d+'
        } else {
            $seen | Should -Be ($expected.ContainsKey($Cmdlet) ? $expected[$Cmdlet] : $true)
        }
    }

    It 'many runspaces of ForEach-Object -Parallel at once all get their answers from the one client there is' {
        $result.Parallel.Found | Should -HaveCount 24
        $result.Parallel.Found | Select-Object -Unique | Should -Be $result.Instance
        $result.Parallel.before | Should -Be 1
        $result.Parallel.after | Should -Be 1
    }
}
