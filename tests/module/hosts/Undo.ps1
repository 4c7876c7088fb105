# A context of Hosts.Tests.ps1: which rows a site has after it went back, with its database and without.
Context 'Undo-LODjango, by the rows' {
    BeforeAll {
        $host1 = $machines[1]
        function Get-Key { (Get-Page '/keys' $host1).Content | ConvertFrom-Json | Where-Object { $_ -in 'a', 'b', 'c', 'd' } }
        function Get-Column { ((Get-Page '/health' $host1).Content | ConvertFrom-Json).columns }
        function Add-Column([string] $Name, [string] $After) {
            Set-Content "$folder/ledger/migrations/$Name.py" "from django.db import migrations, models`nclass Migration(migrations.Migration):`n    dependencies = [('ledger', '$After')]`n    operations = [migrations.AddField('Entry', '$($Name.Substring(5))', models.IntegerField(null=True))]"
        }

        # A site of its own: nothing of what other tests wrote.
        Invoke-Root 'systemctl stop django-ledger.service django-ledger.socket 2>/dev/null; rm -rf /srv/ledger' $host1
        $folder = New-Ledger
        $a = ($host1 | Publish-LODjango $folder -InstanceConfig $config).Release
        $null = Get-Page '/add/a' $host1
        Add-Column 0002_second 0001_initial
        $b = ($host1 | Publish-LODjango $folder -InstanceConfig $config).Release
        $null = Get-Page '/add/b' $host1
        Add-Column 0003_third 0002_second
        $c = ($host1 | Publish-LODjango $folder -InstanceConfig $config).Release
        $null = Get-Page '/add/c' $host1
        Set-Content "$folder/code.txt" 'code alone'
        $d = ($host1 | Publish-LODjango $folder -InstanceConfig $config).Release
        $null = Get-Page '/add/d' $host1
    }

    It 'keeps every row with -Database where nothing was migrated since, and says so' {
        $said = $host1 | Undo-LODjango -Database -InstanceConfig $config -InformationAction Continue 6>&1
        ($said | Where-Object InstanceId).Release | Should -Be $c
        "$said" | Should -BeLike "*nothing was migrated since $c*"
        Get-Key | Should -Be 'a', 'b', 'c', 'd'
    }

    It 'goes with -Database to the rows and columns of the release before, and keeps those that were there until then' {
        $said = $host1 | Undo-LODjango -Database -InstanceConfig $config -InformationAction Continue 6>&1
        ($said | Where-Object InstanceId).Release | Should -Be $b
        Get-Key | Should -Be 'a', 'b'
        Get-Column | Should -Be 'id', 'key', 'second'
        $kept = [regex]::Match("$said", '/srv/ledger/shared/backups/undone-\S+').Value
        Invoke-Root "python3 -c 'import sqlite3, sys; print(*sorted(key for key, in sqlite3.connect(sys.argv[1]).execute(`"select key from ledger_entry`")))' $kept/default.sqlite3" $host1 | Should -Be 'a b c d'
    }

    It 'goes with -Database to the rows of a release that is named' {
        ($host1 | Undo-LODjango $a -Database -InstanceConfig $config).Release | Should -Be $a
        Get-Key | Should -Be 'a'
        Get-Column | Should -Be 'id', 'key'
    }

    It 'refuses to go forward without the migrations that it takes, and publishing runs them' {
        $host1 | Undo-LODjango $c -InstanceConfig $config -ErrorVariable failed -ErrorAction SilentlyContinue
        "$failed" | Should -BeLike '*needs migrations that the database does not have:*ledger.0002_second*The site stays as it was.*'
        Get-Key | Should -Be 'a'
        ($host1 | Publish-LODjango $folder -InstanceConfig $config).Release | Should -Be $d
        Get-Column | Should -Be 'id', 'key', 'second', 'third'
    }

    It 'goes back to what was in use before, which need not be what was published before' {
        ($host1 | Undo-LODjango -InstanceConfig $config).Release | Should -Be $a
    }

    It 'does not take a backup that is older than the release''s last publish' {
        $null = $host1 | Publish-LODjango $folder -InstanceConfig $config
        $null = Get-Page '/add/b' $host1
        $old = New-Ledger
        ($host1 | Publish-LODjango $old -InstanceConfig $config -WarningVariable warned -WarningAction SilentlyContinue).Release | Should -Be $a
        "$warned" | Should -BeLike "*the database has migrations that $a does not know*ledger.0002_second*"
        $null = Get-Page '/add/c' $host1
        $null = $host1 | Publish-LODjango $folder -InstanceConfig $config
        ($host1 | Undo-LODjango $a -Database -InstanceConfig $config -WarningAction SilentlyContinue).Release | Should -Be $a
        Get-Key | Should -Be 'a', 'b', 'c'
    }
}
