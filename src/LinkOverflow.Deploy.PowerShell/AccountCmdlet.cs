using System.Management.Automation;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Reports;

namespace LinkOverflow.Deploy.PowerShell;

/// <summary>What the cmdlets that ask EC2 have in common: the user's settings, or the lab's.</summary>
public abstract class AccountCmdlet : EngineCmdlet
{
    /// <summary>The file with your AWS keys, zone and SSH key pair; by default ~/.aws.settings.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(AwsSettingsCompleter))]
    public string? AwsSettings { get; set; }

    /// <summary>Use the lab on this machine instead of AWS; it is started where none runs.</summary>
    [Parameter]
    public SwitchParameter Lab { get; set; }

    /// <summary>The settings file to use; the lab's is there once the lab runs.</summary>
    /// <exception cref="DeployException">Usage, LabUnavailable.</exception>
    protected string SettingsFile() =>
        Lab && AwsSettings is not null ? throw new DeployException(ErrorId.Usage, "-Lab brings its own settings, so -AwsSettings cannot go with it.")
        : Lab ? LabSettings()
        : AwsSettings is null ? Settings.AwsSettings.DefaultPath : FilePath(AwsSettings);

    /// <summary>Reads the settings.</summary>
    /// <exception cref="DeployException">What is wrong with them.</exception>
    protected Settings.AwsSettings ReadSettings()
    {
        var problems = new List<Problem>();
        return Settings.AwsSettings.Read(SettingsFile(), problems) ?? throw new SettingsException(problems);
    }

    /// <summary>Does what the pipeline thread has to wait for; its failure ends the cmdlet.</summary>
    protected T OrThrow<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (DeployException e)
        {
            ThrowTerminatingError(Errors.Record(e, null));
            throw;
        }
    }
}

/// <summary>What the cmdlets have in common that need the product's configuration, too.</summary>
public abstract class ConfiguredCmdlet : AccountCmdlet
{
    /// <summary>The file that says what an instance is; by default instance.config in the current location.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(InstanceConfigCompleter))]
    public string InstanceConfig { get; set; } = Settings.InstanceConfig.FileName;

    /// <summary>The file that a report is written to later; one that cannot be written ends the cmdlet before anything has begun.</summary>
    protected string? ReportFile(string? path) => path is null ? null : OrThrow(() => HtmlReport.CheckFile(FilePath(path)));
}
