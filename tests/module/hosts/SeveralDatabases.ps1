# A context of Hosts.Tests.ps1: a project that keeps its notes in a second database, by a router.
Context 'A project with two databases' {
    BeforeAll {
        $host1 = $machines[1]
        $both = New-Config @{ HealthTimeout = '10'; Databases = 'default, audit' }
        Invoke-Root 'systemctl stop django-ledger.service django-ledger.socket 2>/dev/null; rm -rf /srv/ledger' $host1
        $folder = New-Ledger {
            $null = New-Item -ItemType Directory notes/migrations, other
            foreach ($file in 'notes/__init__.py', 'notes/migrations/__init__.py') { Set-Content $file '' }
            Set-Content notes/models.py "from django.db import models`nclass Note(models.Model):`n    text = models.CharField(max_length=40)"
            Set-Content notes/migrations/0001_initial.py "from django.db import migrations, models`nclass Migration(migrations.Migration):`n    initial = True`n    dependencies = []`n    operations = [migrations.CreateModel('Note', [('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False)), ('text', models.CharField(max_length=40))])]"
            Set-Content ledger/routers.py "class Router:`n    def db_for_read(self, model, **hints):`n        return 'audit' if model._meta.app_label == 'notes' else None`n    db_for_write = db_for_read`n    def allow_migrate(self, db, app_label, **hints):`n        return (db == 'audit') == (app_label == 'notes')"
            # A file of the same name as the first one's, in another folder.
            Add-Content ledger/settings.py "INSTALLED_APPS = ['ledger', 'notes']`nDATABASE_ROUTERS = ['ledger.routers.Router']`nDATABASES['audit'] = {'ENGINE': 'django.db.backends.sqlite3', 'NAME': BASE_DIR / 'other' / 'db.sqlite3'}"
            Add-Content ledger/urls.py "from notes.models import Note`ndef note(request, text):`n    Note.objects.create(text=text)`n    return HttpResponse(text, status=201)`ndef notes(request):`n    return JsonResponse(list(Note.objects.values_list('text', flat=True)), safe=False)`nurlpatterns += [path('note/<str:text>', note), path('notes', notes)]"
        }

        function Add-Migration([string] $Name, [string] $After, [string] $Operation, [string] $To = $folder) {
            Set-Content "$To/notes/migrations/$Name.py" "from django.db import migrations, models`ndef fail(apps, editor):`n    if editor.connection.alias == 'audit':`n        raise RuntimeError('half-way')`nclass Migration(migrations.Migration):`n    dependencies = [('notes', '$After')]`n    operations = [$Operation]"
        }

        function Get-Note { (Get-Page '/notes' $host1).Content | ConvertFrom-Json }
        function Get-NoteColumn { Invoke-Root "setpriv --reuid linkoverflow --regid linkoverflow --clear-groups python3 -c 'import sqlite3; print(*(row[1] for row in sqlite3.connect(`"/srv/ledger/shared/audit.sqlite3`").execute(`"pragma table_info(notes_note)`")))'" $host1 }
    }

    It 'is served with a warning that names the database that is left out, and what it lacks' {
        $null = $host1 | Publish-LODjango $folder -InstanceConfig (New-Config @{ HealthTimeout = '10' }) -WarningVariable warned -WarningAction SilentlyContinue
        "$warned" | Should -BeLike '*the database audit lacks migrations of notes: a publish migrates default alone*Databases in `[Django`]*'
        (Get-Page '/note/lost' $host1).StatusCode | Should -Be 500
        (Get-Page '/add/kept' $host1).StatusCode | Should -Be 201
    }

    It 'has both migrated where Databases names both' {
        Set-Content "$folder/code.txt" 'both'
        $script:good = $host1 | Publish-LODjango $folder -InstanceConfig $both -WarningVariable warned -WarningAction SilentlyContinue
        "$warned" | Should -Not -BeLike '*lacks migrations*'
        (Get-Page '/note/first' $host1).StatusCode | Should -Be 201
        Get-Note | Should -Be first
        (Get-Page '/keys' $host1).Content | ConvertFrom-Json | Should -Be kept -Because 'files of one name are not one file'
    }

    It 'tries the migrations of both on copies' {
        $broken = Join-Path $TestDrive ([guid]::NewGuid()) 'ledger'
        Copy-Item -Recurse $folder $broken
        Add-Migration 0002_fails 0001_initial "migrations.AddField('Note', 'more', models.IntegerField(null=True)), migrations.RunPython(fail)" $broken
        $host1 | Publish-LODjango $broken -InstanceConfig $both -ErrorVariable failed -ErrorAction SilentlyContinue
        $failed.FullyQualifiedErrorId | Should -BeLike 'MigrationFailed,*'
        "$failed" | Should -BeLike '*half-way*The site stays as it was.*'
        Get-NoteColumn | Should -Be 'id text'
        Get-Note | Should -Be first
    }

    It 'goes back with both' {
        Add-Migration 0002_more 0001_initial "migrations.AddField('Note', 'more', models.IntegerField(null=True))"
        $null = $host1 | Publish-LODjango $folder -InstanceConfig $both
        Get-NoteColumn | Should -Be 'id text more'
        (Get-Page '/note/second' $host1).StatusCode | Should -Be 201
        ($host1 | Undo-LODjango -Database -InstanceConfig $both).Release | Should -Be $good.Release
        Get-NoteColumn | Should -Be 'id text'
        Get-Note | Should -Be first
    }

    It 'is refused where Databases names one that the settings do not have' {
        $host1 | Publish-LODjango $folder -InstanceConfig (New-Config @{ Databases = 'default, audits' }) -ErrorVariable failed -ErrorAction SilentlyContinue
        $failed.FullyQualifiedErrorId | Should -BeLike 'PublishFailed,*'
        "$failed" | Should -BeLike '*names audits; DATABASES of the settings has default, audit*'
    }
}
