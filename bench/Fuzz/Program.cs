using System.CommandLine;
using System.Globalization;
using Fuzz.Engine;
using Fuzz.Targets;

Option<string[]> target = new("--target") { Description = "The parsers to feed; all when left out.", AllowMultipleArgumentsPerToken = true };
Option<int> seed = new("--seed") { Description = "The same seed gives the same inputs.", DefaultValueFactory = _ => 1 };
Option<double?> seconds = new("--seconds") { Description = "How long each target is fed; 60 when neither this nor --inputs is given." };
Option<long?> inputs = new("--inputs") { Description = "How many inputs each target is fed with." };
Option<string?> repro = new("--repro") { Description = "SEED:INDEX: feeds one target with this input alone and writes it to --out." };
Option<string> folder = new("--out") { Description = "Where failing inputs are kept.", DefaultValueFactory = _ => Path.Combine("artifacts", "fuzz") };
Option<bool> list = new("--list") { Description = "Lists the targets." };
RootCommand command = new("Feeds parsers with damaged inputs: each must be read, or refused by an error of the library, within bounds of time and memory. Exit code 1 where one is not.")
{
    target, seed, seconds, inputs, repro, folder, list,
};
FuzzTarget[] all = [.. PolicyTargets.All(), .. AssetTargets.All(), .. PictureTargets.All(), .. GraphTargets.All(), .. TokenizerTargets.All(), .. ConfigurationTargets.All(), .. ResultTargets.All()];
command.SetAction(Run);
return command.Parse(args).Invoke();

int Run(ParseResult parsed)
{
    if (parsed.GetValue(list))
    {
        foreach (FuzzTarget known in all) Console.WriteLine(known.Name);
        return 0;
    }
    string[] names = parsed.GetValue(target) is { Length: > 0 } given ? given : [.. all.Select(known => known.Name)];
    if (names.FirstOrDefault(name => all.All(known => known.Name != name)) is { } unknown)
    {
        Console.Error.WriteLine($"There is no target {unknown}; --list lists them.");
        return 2;
    }
    FuzzTarget[] chosen = [.. names.Select(name => all.Single(known => known.Name == name))];
    return parsed.GetValue(repro) is { } place ? Repeat(chosen, place, parsed.GetValue(folder)!) : Feed(chosen, parsed);
}

int Feed(FuzzTarget[] chosen, ParseResult parsed)
{
    FailureFolder failures = new(parsed.GetValue(folder)!);
    TimeSpan time = parsed.GetValue(seconds) is { } limit ? TimeSpan.FromSeconds(limit) : parsed.GetValue(inputs) is null ? TimeSpan.FromMinutes(1) : TimeSpan.MaxValue;
    long failed = 0;
    Console.WriteLine(CampaignFigures.Heading);
    foreach (FuzzTarget fed in chosen)
    {
        CampaignFigures figures = new Campaign(fed, parsed.GetValue(seed), failures).Run(parsed.GetValue(inputs) ?? long.MaxValue, time);
        Console.WriteLine(figures);
        failed += figures.Failures;
    }
    return failed == 0 ? 0 : 1;
}

int Repeat(FuzzTarget[] chosen, string place, string path)
{
    if (chosen is not [var one] || place.Split(':') is not [var first, var second] || !int.TryParse(first, CultureInfo.InvariantCulture, out int number)
        || !long.TryParse(second, CultureInfo.InvariantCulture, out long index) || index < 0)
    {
        Console.Error.WriteLine("--repro needs one --target and SEED:INDEX.");
        return 2;
    }
    byte[] input = one.Input(number, index);
    Directory.CreateDirectory(path);
    string file = Path.Combine(path, $"{one.Name}-{number}-{index}.input");
    File.WriteAllBytes(file, input);
    Console.WriteLine($"{file}: {input.Length} bytes");
    Outcome outcome = Outcome.Of(one, input);
    string? failure = outcome.Failure(one.Bounds);
    Console.WriteLine($"{failure ?? (outcome.IsRefusal ? "refused" : "accepted")}; {outcome.ProcessorTime.TotalMilliseconds:0} ms, {outcome.AllocatedBytes} bytes\n{outcome.Error}");
    return failure is null ? 0 : 1;
}
