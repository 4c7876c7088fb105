# What Get-Help says, and that its examples do what they say.
BeforeDiscovery {
    $root = Split-Path (Split-Path $PSScriptRoot)
    $cmdlets = (Import-PowerShellDataFile "$root/LinkOverflow.Deploy.psd1").CmdletsToExport | ForEach-Object { @{ Cmdlet = $_ } }
}

BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    Import-Module $manifest
    $common = [Management.Automation.PSCmdlet]::CommonParameters + [Management.Automation.PSCmdlet]::OptionalCommonParameters
}

Describe 'Get-Help <Cmdlet>' -ForEach $cmdlets {
    BeforeAll {
        $help = Get-Help $Cmdlet -Full
        $command = Get-Command $Cmdlet
    }

    It 'says in a sentence what it does' {
        $help.Synopsis.Trim() | Should -Match '^[A-Z].*\.$'
    }

    It 'describes every parameter, and no other' {
        $own = $command.Parameters.Keys | Where-Object { $_ -notin $common -or $_ -in 'WhatIf', 'Confirm' }
        $help.parameters.parameter.name | Sort-Object | Should -Be ($own | Sort-Object)
        foreach ($parameter in $help.parameters.parameter) { $parameter.description.Text | Should -Match '\w' -Because $parameter.name }
    }

    It 'says the same of its parameters as the command itself' {
        foreach ($parameter in $help.parameters.parameter | Where-Object { $_.name -and $_.name -notin 'WhatIf', 'Confirm' }) {
            $sets = $command.Parameters[$parameter.name].ParameterSets.Values
            [bool]::Parse($parameter.required) | Should -BeIn @($sets.IsMandatory) -Because $parameter.name
        }
    }

    It 'has an example' {
        @($help.examples.example).Count | Should -BeGreaterThan 0
        foreach ($example in $help.examples.example) { $example.code | Should -Match $Cmdlet }
    }

    It 'is a page of docs/cmdlets, too' {
        $page = Get-Content -Raw (Join-Path $root "docs/cmdlets/$Cmdlet.md")
        foreach ($example in $help.examples.example) { $page | Should -Match ([regex]::Escape($example.code.Trim())) }
    }
}

Describe 'about_LinkOverflow_Deploy' {
    It 'is found by Get-Help and fits 80 columns' {
        $text = Get-Help about_LinkOverflow_Deploy | Out-String
        $text | Should -Match 'Start-LODeployment does all of it'
        ($text -split '\r?\n' | Measure-Object Length -Maximum).Maximum | Should -BeLessOrEqual 80
    }
}
