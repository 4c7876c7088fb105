# A context of Hosts.Tests.ps1: databases that are no SQLite file, by a PostgreSQL on the host.
Context 'A PostgreSQL database' {
    BeforeAll {
        $host1 = $machines[1]
        $short = New-Config @{ HealthTimeout = '10' }
        Invoke-Root 'export DEBIAN_FRONTEND=noninteractive; apt-get -q -y install --no-install-recommends postgresql python3-psycopg2 >/dev/null 2>&1; cd / && setpriv --reuid postgres --regid postgres --init-groups sh -c "createuser linkoverflow && createdb --owner linkoverflow ledger"' $host1
        Invoke-Root 'systemctl stop django-ledger.service django-ledger.socket 2>/dev/null; rm -rf /srv/ledger' $host1
        $folder = New-Ledger { Add-Content ledger/settings.py 'DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "ledger"}}' }
        $good = $host1 | Publish-LODjango $folder -InstanceConfig $short -WarningVariable first -WarningAction SilentlyContinue
        $null = Get-Page '/add/kept' $host1

        function Publish-Broken([scriptblock] $Change) {
            $broken = Join-Path $TestDrive ([guid]::NewGuid()) 'ledger'
            Copy-Item -Recurse $folder $broken
            Push-Location $broken
            try { . $Change } finally { Pop-Location }
            $host1 | Publish-LODjango $broken -InstanceConfig $short -ErrorVariable failed -ErrorAction SilentlyContinue -WarningVariable script:warned -WarningAction SilentlyContinue | Should -BeNullOrEmpty
            $failed
        }

        function Add-Step([string] $Name, [string] $After, [string] $Operation) {
            Set-Content "ledger/migrations/$Name.py" "from django.db import migrations, models`ndef fail(apps, editor):`n    raise RuntimeError('half-way')`nclass Migration(migrations.Migration):`n    dependencies = [('ledger', '$After')]`n    operations = [$Operation]"
        }

        function Get-Site {
            $health = (Get-Page '/health' $host1).Content | ConvertFrom-Json
            $health.release | Should -Be $good.Release
            (Get-Page '/keys' $host1).Content | ConvertFrom-Json | Should -Contain kept
            $health
        }
    }

    It 'is migrated and served, with a warning of what is not done for it' {
        (Get-Site).columns | Should -Be 'id', 'key'
        "$first" | Should -BeLike '*the database is PostgreSQL: its migrations are not tried on a copy*'
    }

    It 'is not touched by a release that does not load' {
        $failed = Publish-Broken { Add-Step 0002_more 0001_initial "migrations.AddField('Entry', 'more', models.IntegerField(null=True))"; Add-Content ledger/settings.py 'WSGI_APPLICATION = "ledger.nowhere.application"' }
        $failed.FullyQualifiedErrorId | Should -BeLike 'PublishFailed,*'
        (Get-Site).columns | Should -Be 'id', 'key'
    }

    It 'stays with the release before where a migration fails, and the error says what may have stayed' {
        $failed = Publish-Broken { Add-Step 0002_fails 0001_initial 'migrations.RunPython(fail)' }
        $failed.FullyQualifiedErrorId | Should -BeLike 'MigrationFailed,*'
        $dump = [regex]::Match("$failed", '/srv/ledger/shared/backups/dump-\S+').Value
        "$failed" | Should -BeLike "*half-way*The database is PostgreSQL*stays migrated. $dump holds it*"
        Invoke-Root "cd / && setpriv --reuid postgres --regid postgres --init-groups createdb restored && zcat $dump/default.sql.gz | setpriv --reuid postgres --regid postgres --init-groups psql -q -v ON_ERROR_STOP=1 restored >/dev/null && setpriv --reuid postgres --regid postgres --init-groups psql -At -c 'select key from ledger_entry' restored" $host1 | Select-Object -Last 1 | Should -Be kept
        "$warned" | Should -BeLike '*not tried on a copy*'
        (Get-Site).columns | Should -Be 'id', 'key'
    }

    It 'stays migrated where the release is not well afterwards, and the error says so' {
        $failed = Publish-Broken { Add-Step 0002_more 0001_initial "migrations.AddField('Entry', 'more', models.IntegerField(null=True))"; Add-Content ledger/urls.py "`ndef health(request):`n    raise RuntimeError('not well')`nurlpatterns.insert(0, path('health', health))" }
        $failed.FullyQualifiedErrorId | Should -BeLike 'HealthCheckFailed,*'
        "$failed" | Should -BeLike "*The database is PostgreSQL*stays migrated*$($good.Release), is back*"
        (Get-Site).columns | Should -Be 'id', 'key', 'more'
    }

    It 'does not go back with Undo-LODjango -Database, which says so and changes nothing' {
        Set-Content "$folder/code.txt" 'code alone'
        $second = $host1 | Publish-LODjango $folder -InstanceConfig $short -WarningAction SilentlyContinue
        $host1 | Undo-LODjango -Database -InstanceConfig $short -ErrorVariable failed -ErrorAction SilentlyContinue
        "$failed" | Should -BeLike '*The database is PostgreSQL*The site stays as it was.*'
        ((Get-Page '/health' $host1).Content | ConvertFrom-Json).release | Should -Be $second.Release
        ($host1 | Undo-LODjango -InstanceConfig $short -WarningAction SilentlyContinue).Release | Should -Be $good.Release
        (Get-Site).columns | Should -Contain more
    }

    It 'is no need: a project without a database is served, too' {
        $none = New-Ledger {
            Add-Content ledger/settings.py "DATABASES = {}`nINSTALLED_APPS = []"
            Set-Content ledger/urls.py "from django.http import HttpResponse`nfrom django.urls import path`nurlpatterns = [path('health', lambda request: HttpResponse('nothing to keep'))]"
        }
        $null = $host1 | Publish-LODjango $none -InstanceConfig $short
        (Get-Page '/health' $host1).Content | Should -Be 'nothing to keep'
    }
}
