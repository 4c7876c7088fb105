# The module's package, installed as people install it from the PowerShell Gallery: here from a folder.
BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    $packages = Join-Path $root 'artifacts' 'packages'
    $version = (Import-PowerShellDataFile $manifest).ModuleVersion
    $package = Join-Path $packages "LinkOverflow.Deploy.$version.nupkg"
    $said = & (Join-Path $root 'build.ps1') pack; if ($LASTEXITCODE) { throw "$said" }

    # Imports by name, with nothing of the clone on the path.
    function Import-Saved([string] $Folder) {
        Invoke-FreshPowerShell -Variables @{ folder = $Folder } {
            $env:PSModulePath = $folder + [IO.Path]::PathSeparator + $env:PSModulePath
            Import-Module LinkOverflow.Deploy
            [pscustomobject]@{
                Base     = (Get-Module LinkOverflow.Deploy).ModuleBase
                Version  = "$((Get-Module LinkOverflow.Deploy).Version)"
                Commands = (Get-Command -Module LinkOverflow.Deploy).Count
                Works    = Test-LOSettings -Offline -Quiet -AwsSettings /nowhere -InstanceConfig /nowhere
                Lab      = Test-Path (Join-Path (Get-Module LinkOverflow.Deploy).ModuleBase bin lab LinkOverflow.Lab.dll)
                Parallel = @(1..2 | ForEach-Object -Parallel { Test-LOSettings -Offline -Quiet -AwsSettings /nowhere -InstanceConfig /nowhere })
            }
        }
    }
}

Describe 'The package' {
    It 'is a module once it is unpacked into a folder of PSModulePath' {
        $folder = Join-Path $TestDrive 'unpacked' 'LinkOverflow.Deploy' $version
        [IO.Compression.ZipFile]::ExtractToDirectory($package, $folder)
        $result = Import-Saved (Join-Path $TestDrive 'unpacked')
        $result.Base | Should -Be $folder
        $result.Version | Should -Be $version
        $result.Commands | Should -Be (Import-PowerShellDataFile $manifest).CmdletsToExport.Count
        $result.Works | Should -BeFalse
        $result.Lab | Should -BeTrue
        $result.Parallel | Should -Be $false, $false
    }

    It 'is saved by Save-PSResource from a folder' {
        if (-not (Get-Command Save-PSResource -ErrorAction Ignore)) {
            Set-ItResult -Skipped -Because 'Microsoft.PowerShell.PSResourceGet is not installed here'
            return
        }

        $name = "lo-$([guid]::NewGuid())"
        Register-PSResourceRepository $name -Uri $packages -Trusted
        try {
            $null = New-Item -ItemType Directory "$TestDrive/saved"
            Save-PSResource LinkOverflow.Deploy -Repository $name -Path "$TestDrive/saved"
            (Import-Saved "$TestDrive/saved").Version | Should -Be $version
        } finally {
            Unregister-PSResourceRepository $name
        }
    }
}
