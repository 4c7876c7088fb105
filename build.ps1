#!/usr/bin/env pwsh
# The project's tasks: build test demo lab bench pack clean. Their logic is in build/, shared with build.sh.
$ErrorActionPreference = 'Stop'
Push-Location $PSScriptRoot
try {
    if (-not (Get-Command dotnet -ErrorAction Ignore)) {
        [Console]::Error.WriteLine('build.ps1: the .NET 10 SDK is needed, and there is no dotnet on the PATH (https://dotnet.microsoft.com/download).')
        exit 2
    }
    $env:DOTNET_NOLOGO = $env:DOTNET_CLI_TELEMETRY_OPTOUT = 1
    # Its words are of interest only where it fails.
    $said = dotnet build build/LinkOverflow.Build.csproj -c Release -v quiet -nologo
    if ($LASTEXITCODE) { $said; exit $LASTEXITCODE }
    dotnet artifacts/build/LinkOverflow.Build.dll @args
    exit $LASTEXITCODE
} finally {
    Pop-Location
}
