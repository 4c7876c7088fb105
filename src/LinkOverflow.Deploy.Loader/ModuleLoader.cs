using System.Reflection;
using System.Runtime.Loader;

namespace LinkOverflow.Deploy.Loader;

/// <summary>
/// Loads the cmdlets and all they need into one load context of their own, so that another AWSSDK.Core in the session (AWS.Tools
/// brings one) neither disturbs them nor is disturbed. One per process: objects that flow between runspaces keep their types.
/// </summary>
public static class ModuleLoader
{
    private const string Cmdlets = "LinkOverflow.Deploy.PowerShell.dll";
    private static readonly Lock Gate = new();
    private static Assembly? _cmdlets;

    /// <summary>The assembly with the cmdlets.</summary>
    /// <param name="folder">The folder that holds it; only the first call's counts.</param>
    public static Assembly Load(string folder)
    {
        lock (Gate)
        {
            return _cmdlets ??= new ModuleLoadContext(folder).LoadFromAssemblyPath(Path.Combine(folder, Cmdlets));
        }
    }

    private sealed class ModuleLoadContext(string folder) : AssemblyLoadContext("LinkOverflow.Deploy")
    {
        protected override Assembly? Load(AssemblyName assemblyName)
        {
            // What is not beside the cmdlets is PowerShell's or .NET's own, and has to be theirs.
            var file = Path.Combine(folder, assemblyName.Name + ".dll");
            return File.Exists(file) ? LoadFromAssemblyPath(file) : null;
        }
    }
}
