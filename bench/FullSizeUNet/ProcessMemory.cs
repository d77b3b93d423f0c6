using System.Globalization;

namespace FullSizeUNet;

/// <summary>This process's memory as Linux counts it, in MB; 0 elsewhere.</summary>
internal static class ProcessMemory
{
    /// <summary>The largest resident set so far.</summary>
    public static double PeakMegabytes => Read("VmHWM");

    /// <summary>Resident memory that is not a file's: mapped weights are left out.</summary>
    public static double OwnMegabytes => Read("RssAnon");

    private static double Read(string name)
    {
        const string file = "/proc/self/status";
        if (!File.Exists(file)) return 0;
        string line = File.ReadLines(file).First(line => line.StartsWith(name, StringComparison.Ordinal));
        return double.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1000;
    }
}
