using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using FullSizeModel;

if (args is not ([_, _] or [_, _, _]))
{
    Console.Error.WriteLine("FullSizeModel STRUCTURE_DIR OUT_DIR [NETWORK|all]: fills the networks of a structure without weights with seeded random numbers.");
    return 2;
}
string network = args.Length > 2 ? args[2] : "unet";
ModelFolderWriter writer = new(args[0], args[1]);
string[] networks = network == "all" ? [.. ModelFolderWriter.Networks] : [network];
if (networks.FirstOrDefault(name => !writer.HasNetwork(name)) is { } missing)
{
    Console.Error.WriteLine($"{args[0]}: there is no {missing}/weights.json.");
    return 2;
}
foreach (string name in networks)
{
    long began = Stopwatch.GetTimestamp();
    long? bytes = writer.Write(name);
    Console.WriteLine(bytes is null
        ? $"{name}: is there already"
        : string.Create(CultureInfo.InvariantCulture, $"{name}: {bytes} bytes of weights in {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s"));
}
if (network == "all")
{
    writer.CopyFolder(Path.Combine(args[0], "scheduler"), "scheduler");
    writer.CopyFolder(Assembly.GetExecutingAssembly().GetCustomAttributes<AssemblyMetadataAttribute>().First(data => data.Key == "Tokenizer").Value!, "tokenizer");
}
return 0;
