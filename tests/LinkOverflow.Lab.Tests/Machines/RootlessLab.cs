using LinkOverflow.Lab.Host;
using LinkOverflow.Lab.Machines;

namespace LinkOverflow.Lab.Tests.Machines;

/// <summary>A lab of a user who is not root. That user, and what root gives to users for a lab, are made for it and go with it.</summary>
public sealed class RootlessLab : IAsyncLifetime
{
    private string? _obstacle;
    private OtherUser? _user;
    private RealLab? _lab;

    public RealLab Lab => _lab!;

    internal OtherUser User => _user!;

    public async ValueTask InitializeAsync()
    {
        _obstacle = await OtherUser.ObstacleAsync();
        // Root's prerequisites are the user's, too.
        _obstacle ??= await Prerequisites.FindMissingAsync(CancellationToken.None) is { Count: > 0 } missing ? Prerequisites.Explain(missing) : null;
        if (_obstacle is not null)
        {
            return;
        }

        _user = await OtherUser.MakeAsync();
        await _user.EquipAsync();
        var check = await _user.Command("dotnet", typeof(LabRecord).Assembly.Location, "check").RunAsync(CancellationToken.None);
        if (check.ExitCode != 0)
        {
            _obstacle = $"a user's lab cannot run here: {check.Output}{check.Error}";
            return;
        }

        _lab = new RealLab();
        await _lab.StartAsAsync(_user);
    }

    public void SkipWithoutMachines()
    {
        if (_obstacle is not null)
        {
            Assert.Skip(_obstacle);
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (_lab is not null)
            {
                await _lab.DisposeAsync();
            }
        }
        finally
        {
            if (_user is not null)
            {
                await _user.DisposeAsync();
            }
        }
    }
}
