# What the module is to PowerShell: its manifest, its commands, and how it is imported.
BeforeDiscovery {
    $cmdlets = (Import-PowerShellDataFile "$PSScriptRoot/../../LinkOverflow.Deploy.psd1").CmdletsToExport | ForEach-Object { @{ Cmdlet = $_ } }
}

BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    $module = Import-Module $manifest -PassThru
}

Describe 'The manifest' {
    It 'is right by PowerShell''s own check' {
        $checked = Test-ModuleManifest $manifest
        $checked.Name | Should -Be 'LinkOverflow.Deploy'
        $checked.PowerShellVersion | Should -Be ([version]'7.6')
        $checked.CompatiblePSEditions | Should -Be 'Core'
    }

    It 'names the cmdlets that the module exports, all of them and nothing else' {
        $named = (Import-PowerShellDataFile $manifest).CmdletsToExport
        $module.ExportedCmdlets.Keys | Sort-Object | Should -Be ($named | Sort-Object)
        $module.ExportedCommands.Count | Should -Be $named.Count
        $module.ExportedVariables.Count | Should -Be 0
    }

    It 'names every public cmdlet of the assembly' {
        $types = (Get-Command New-LOInstance).ImplementingType.Assembly.GetExportedTypes() | Where-Object { $_.Name -like '*Cmdlet' -and -not $_.IsAbstract }
        $types.Count | Should -Be $module.ExportedCmdlets.Count
    }

    It 'agrees with the assemblies on the version' -ForEach 'LinkOverflow.Deploy.PowerShell.dll', 'LinkOverflow.Deploy.dll' {
        [Reflection.AssemblyName]::GetAssemblyName((Join-Path $root 'bin' $_)).Version.ToString(3) | Should -Be $module.Version.ToString(3)
    }
}

Describe '<Cmdlet>' -ForEach $cmdlets {
    BeforeAll { $command = Get-Command $Cmdlet -Module LinkOverflow.Deploy }

    It 'has an approved verb' {
        (Get-Verb).Verb | Should -Contain $command.Verb
    }

    It 'has a singular noun with the module''s prefix' {
        $command.Noun | Should -MatchExactly '^LO[A-Z]'
        # Settings is a plural that has no singular of its meaning.
        $command.Noun | Should -Match '([^s]|Settings)$'
    }

    It 'says what it emits, unless it emits nothing' {
        if ($Cmdlet -notmatch '^(Remove|Stop|Enter)-') { $command.OutputType | Should -Not -BeNullOrEmpty }
    }

    It 'asks for -WhatIf where it starts, ends or writes' {
        $command.Parameters.ContainsKey('WhatIf') | Should -Be ($Cmdlet -in 'New-LOInstance', 'Start-LODeployment', 'Remove-LODeployment', 'Remove-LOInstance', 'Stop-LOLab', 'New-LOSettings', 'Undo-LODjango', 'Update-LODeployment')
    }

    It 'names its parameters as PowerShell does: in PascalCase, singular' {
        $own = $command.Parameters.Keys | Where-Object { $_ -notin [Management.Automation.PSCmdlet]::CommonParameters + [Management.Automation.PSCmdlet]::OptionalCommonParameters }
        if (-not $own) { return }
        $own | Should -MatchExactly '^([A-Z][a-z]+)+$'
        $own | Should -Match '([^s]|Settings)$'
    }
}

Describe 'Import-Module' {
    It 'imports by path, twice, and with -Force' {
        $result = Invoke-FreshPowerShell -Variables @{ manifest = $manifest } {
            $clock = [Diagnostics.Stopwatch]::StartNew()
            $counts = @(
                (Import-Module $manifest -PassThru).ExportedCmdlets.Count
                (Import-Module $manifest -PassThru).ExportedCmdlets.Count
                (Import-Module $manifest -Force -PassThru).ExportedCmdlets.Count
            )
            [pscustomobject]@{
                Counts   = $counts
                Works    = Test-LOSettings -Offline -Quiet -AwsSettings /nowhere -InstanceConfig /nowhere
                Modules  = @(Get-Module LinkOverflow.Deploy).Count
                Commands = @(Get-Command -Module LinkOverflow.Deploy).Count
            }
        }
        $result.Counts | Should -Be $module.ExportedCmdlets.Count, $module.ExportedCmdlets.Count, $module.ExportedCmdlets.Count
        $result.Works | Should -BeFalse
        $result.Modules | Should -Be 1
        $result.Commands | Should -Be $module.ExportedCmdlets.Count
    }

    It 'imports by name from the folder that the build lays out' {
        $result = Invoke-FreshPowerShell -Variables @{ folder = Join-Path $root 'artifacts' 'module' } {
            $env:PSModulePath += [IO.Path]::PathSeparator + $folder
            Import-Module LinkOverflow.Deploy
            Test-LOSettings -Offline -Quiet -AwsSettings /nowhere -InstanceConfig /nowhere
            (Get-Module LinkOverflow.Deploy).ModuleBase
            # The path is there already.
            @($env:PSModulePath -split [IO.Path]::PathSeparator -eq $folder).Count
        }
        $result[0] | Should -BeFalse
        $result[1] | Should -Be (Join-Path $root 'artifacts' 'module' 'LinkOverflow.Deploy')
        $result[2] | Should -Be 1
    }

    It 'imports by itself when one of its commands is typed' {
        $result = Invoke-FreshPowerShell -Variables @{ folder = Join-Path $root 'artifacts' 'module' } {
            $env:PSModulePath += [IO.Path]::PathSeparator + $folder
            Test-LOSettings -Offline -Quiet -AwsSettings /nowhere -InstanceConfig /nowhere
        }
        $result | Should -BeFalse
    }

    It 'works beside another AWSSDK.Core that the session has loaded, and leaves that one alone' {
        $request = New-Request (New-Item -ItemType Directory "$TestDrive/decoy")
        $result = Invoke-FreshPowerShell -Variables @{ manifest = $manifest; folder = $request.Folder } {
            # Add-Type would give the assembly a random name, whatever its file is called.
            $decoy = Join-Path $folder 'AWSSDK.Core.dll'
            $builder = [Reflection.Emit.PersistedAssemblyBuilder]::new([Reflection.AssemblyName]'AWSSDK.Core, Version=3.1.2.3', [object].Assembly)
            $null = $builder.DefineDynamicModule('AWSSDK.Core').DefineType('Amazon.RegionEndpoint', 'Public').CreateType()
            $builder.Save($decoy)
            Add-Type -Path $decoy
            Import-Module $manifest
            $check = Test-LOSettings -AwsSettings "$folder/.aws.settings" -InstanceConfig "$folder/instance.config" | Where-Object Status -EQ Error
            [pscustomobject]@{
                Asked = $check.Id
                Decoy = [Amazon.RegionEndpoint].Assembly.Location
                Cores = @([AppDomain]::CurrentDomain.GetAssemblies().GetName() | Where-Object Name -EQ AWSSDK.Core | ForEach-Object { $_.Version.Major })
            }
        }
        # The SDK was at work: it found nobody at the endpoint.
        $result.Asked | Should -Be 'CloudUnreachable'
        $result.Decoy | Should -Be (Join-Path $request.Folder 'AWSSDK.Core.dll')
        $result.Cores | Sort-Object | Should -Be 3, 4
    }

    It 'keeps the SDK and the engine out of the load context that all modules share' {
        $result = Invoke-FreshPowerShell -Variables @{ manifest = $manifest } {
            Import-Module $manifest
            $null = Test-LOSettings -Offline -AwsSettings /nowhere -InstanceConfig /nowhere
            [Runtime.Loader.AssemblyLoadContext]::Default.Assemblies.GetName().Name -match '^(AWSSDK|LinkOverflow)'
        }
        $result | Should -Be 'LinkOverflow.Deploy.Loader'
    }

    It 'leaves no variable, function or alias behind' {
        $result = Invoke-FreshPowerShell -Variables @{ manifest = $manifest } {
            # Import-Module itself sets these when it first runs.
            $shell = '^Variable:(\?|\^|\$|_|args|input|this|PSItem|Matches|LASTEXITCODE|StackTrace|before|shell|foreach|PSCmdlet)$'
            function All {
                (Get-Variable -Scope Global | ForEach-Object { "Variable:$($_.Name)" }) +
                (Get-ChildItem Function: | ForEach-Object { "Function:$($_.Name)" }) +
                (Get-ChildItem Alias: | ForEach-Object { "Alias:$($_.Name)" }) | Where-Object { $_ -notmatch $shell }
            }
            $before = All
            Import-Module $manifest
            All | Where-Object { $_ -notin $before }
        }
        $result | Should -BeNullOrEmpty
    }

    It 'takes its commands along when it is removed' {
        $result = Invoke-FreshPowerShell -Variables @{ manifest = $manifest } {
            Import-Module $manifest
            Remove-Module LinkOverflow.Deploy
            # By its full name a command would be found, and imported, by PSModulePath again.
            @(Get-Command New-LOInstanc*, Start-LODeploymen* -ListImported).Count
            (Import-Module $manifest -PassThru).ExportedCmdlets.Count
        }
        $result | Should -Be 0, $module.ExportedCmdlets.Count
    }

    It 'takes a time that is told, not judged' {
        $milliseconds = Invoke-FreshPowerShell -Variables @{ manifest = $manifest } {
            (Measure-Command { Import-Module $manifest }).TotalMilliseconds
        }
        Write-Host "    Import-Module took $([int]$milliseconds) ms in a new session."
        $milliseconds | Should -BeGreaterThan 0
    }
}

Describe 'After an import by path' {
    BeforeAll {
        $result = Invoke-FreshPowerShell -Variables @{ manifest = $manifest } {
            Import-Module $manifest
            $check = { @(Test-LOSettings -Offline -AwsSettings /nowhere -InstanceConfig /nowhere)[0] }
            $here = (& $check).GetType()
            $parallel = 1..2 | ForEach-Object -Parallel { @(Test-LOSettings -Offline -AwsSettings /nowhere -InstanceConfig /nowhere)[0] }
            $job = Start-ThreadJob $check | Receive-Job -Wait -AutoRemoveJob
            [pscustomobject]@{ Parallel = @($parallel.Id); Job = $job.Id; OneType = $parallel[0].GetType() -eq $here -and $job.GetType() -eq $here }
        }
    }

    It 'ForEach-Object -Parallel finds the commands' { $result.Parallel | Should -Be 'SettingsFileMissing', 'SettingsFileMissing' }

    It 'Start-ThreadJob finds the commands' { $result.Job | Should -Be 'SettingsFileMissing' }

    It 'objects of all of them have the same type' { $result.OneType | Should -BeTrue }
}
