# A lab of a suite's own: its state folder and its base image's are apart, so that it can be stopped with everything that runs in it.
$lab = Join-Path $root 'bin' 'lab' 'LinkOverflow.Lab.dll'

# Why the lab cannot run here; nothing where it can.
function Get-LabMissing {
    if (-not $IsLinux) { return 'the lab needs Linux' }
    if (-not (Test-Path $lab)) { return "there is no $lab" }
    $said = & dotnet $lab check 2>&1 | Out-String
    if ($LASTEXITCODE -ne 0) { "the lab cannot run here: $said" }
}

# Makes -Lab mean a lab of this suite's own, and gives back what Stop-OwnLab needs.
function Start-OwnLab {
    $before = @{ XDG_STATE_HOME = $env:XDG_STATE_HOME; LINKOVERFLOW_LAB = $env:LINKOVERFLOW_LAB; Folder = [IO.Directory]::CreateTempSubdirectory('lopester').FullName }
    $env:XDG_STATE_HOME = $before.Folder
    $env:LINKOVERFLOW_LAB = $lab
    $before
}

function Stop-OwnLab($Before) {
    $said = & dotnet $lab stop --terminate 2>&1 | Out-String
    $stopped = $LASTEXITCODE -eq 0
    foreach ($name in 'XDG_STATE_HOME', 'LINKOVERFLOW_LAB') {
        if ($null -eq $Before[$name]) { Remove-Item "Env:$name" -ErrorAction Ignore } else { Set-Item "Env:$name" $Before[$name] }
    }

    Remove-Item -Recurse -Force $Before.Folder -ErrorAction Ignore
    if (-not $stopped) { throw "The lab did not stop: $said" }
}
