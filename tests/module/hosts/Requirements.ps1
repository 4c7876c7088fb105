# A context of Hosts.Tests.ps1: requirements.txt, with a package index and without.
Context 'requirements.txt' {
    BeforeAll {
        $host1 = $machines[1]
        Start-Index '1.0', '2.0' $host1
        $folder = New-LedgerWithTiny 'tiny==1.0'
        $first = $host1 | Publish-LODjango $folder -InstanceConfig $config -InformationAction Continue 6>&1
        Stop-Index $host1
    }

    AfterAll { Invoke-Root 'systemctl stop lo-index.service 2>/dev/null; rm -rf /root/index /etc/pip.conf' $host1 }

    It 'is installed from the index, and said' {
        "$first" | Should -BeLike '*installing requirements.txt*'
        (Get-Page '/word' $host1).Content | Should -Be 'tiny 1.0'
    }

    It 'needs no network for another release with the same one' {
        Set-Content "$folder/code.txt" 'code alone'
        $second = $host1 | Publish-LODjango $folder -InstanceConfig $config
        $second.Release | Should -Not -Be ($first | Where-Object InstanceId).Release
        (Get-Page '/word' $host1).Content | Should -Be 'tiny 1.0'
        Invoke-Root '/srv/ledger/current/venv/bin/python -c "import tiny; print(tiny.__file__)"' $host1 | Should -BeLike '/srv/ledger/current/venv/*'
    }

    It 'says pip''s words where the index cannot be reached and the host has nothing' {
        $host1 | Publish-LODjango (New-LedgerWithTiny 'tiny==2.0') -InstanceConfig $config -ErrorVariable failed -ErrorAction SilentlyContinue
        $failed.FullyQualifiedErrorId | Should -BeLike 'PublishFailed,*'
        "$failed" | Should -BeLike '*requirements.txt could not be installed*tiny==2.0*The site stays as it was.*'
        (Get-Page '/word' $host1).Content | Should -Be 'tiny 1.0'
    }

    It 'is resolved anew where it changes' {
        Start-Index '1.0', '2.0' $host1
        $null = $host1 | Publish-LODjango (New-LedgerWithTiny 'tiny>=1.5') -InstanceConfig $config
        (Get-Page '/word' $host1).Content | Should -Be 'tiny 2.0'
    }

    It 'leaves no wheels of requirements that no release has' {
        $keep = New-Config @{ KeepReleases = 1 }
        $null = $host1 | Publish-LODjango (New-LedgerWithTiny 'tiny==1.0') -InstanceConfig $keep
        Invoke-Root 'cd /srv/ledger/shared/wheels && find . -name "*.whl" -not -path "./pip/*" -printf "%f\n"' $host1 | Should -Be 'tiny-1.0-py3-none-any.whl'
    }
}
