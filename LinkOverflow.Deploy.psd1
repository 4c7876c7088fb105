@{
    RootModule           = 'bin/LinkOverflow.Deploy.psm1'
    ModuleVersion        = '0.1.0'
    GUID                 = '8f0f4a52-6f0e-4c6d-9a3e-5d3b7d0c2e71'
    Author               = 'LinkOverflow'
    CompanyName          = 'LinkOverflow'
    Copyright            = '(c) LinkOverflow. All rights reserved.'
    Description          = 'Takes a Django project to N running, health-checked EC2 instances: settings checked, instances launched, configured by Puppet, published and served, all hosts side by side.'
    PowerShellVersion    = '7.6'
    CompatiblePSEditions = @('Core')
    TypesToProcess       = @('bin/LinkOverflow.Deploy.types.ps1xml')
    FormatsToProcess     = @('bin/LinkOverflow.Deploy.format.ps1xml')
    CmdletsToExport      = @(
        'Get-LODeployment'
        'Get-LOInstance'
        'Get-LOLab'
        'Test-LOSettings'
        'New-LOInstance'
        'New-LOSettings'
        'Install-LOPuppet'
        'Publish-LODjango'
        'Get-LORelease'
        'Undo-LODjango'
        'Get-LOLog'
        'Invoke-LOCommand'
        'Enter-LOHost'
        'Remove-LOInstance'
        'Remove-LODeployment'
        'Start-LODeployment'
        'Start-LOLab'
        'Stop-LOLab'
        'Test-LODeployment'
        'Update-LODeployment'
        'Watch-LODeployment'
    )
    FunctionsToExport    = @()
    AliasesToExport      = @()
    VariablesToExport    = @()
    PrivateData          = @{
        PSData = @{
            Tags = @('AWS', 'EC2', 'Django', 'Puppet', 'Deployment', 'Linux', 'MacOS', 'Windows')
        }
    }
}
