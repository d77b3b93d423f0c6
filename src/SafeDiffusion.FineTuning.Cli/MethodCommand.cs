using System.CommandLine;
using System.Globalization;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.FineTuning.Native;
using SafeDiffusion.FineTuning.Optimizing;
using SafeDiffusion.FineTuning.Parameters;
using SafeDiffusion.FineTuning.Training;
using SafeDiffusion.Methods.FineTuned;
using SafeDiffusion.Methods.LinearErasure;

namespace SafeDiffusion.FineTuning.Cli;

/// <summary>A method's command: parses, fine-tunes, writes the delta and the loss curve.</summary>
internal sealed class MethodCommand : Command
{
    private const int MaxPromptBytes = 1 << 20;
    private readonly FineTuningMethod _method;
    private readonly Option<string> _model = new("--model", "-m") { Description = "The model folder, the one that holds unet/model.onnx.", Required = true };
    private readonly Option<string> _concept = new("--concept", "-c") { Description = "The concept in words.", Required = true };
    private readonly Option<string?> _prompts = new("--prompts") { Description = "A file of prompts with the concept, one a line (default: the concept itself)." };
    private readonly Option<string?> _safe = new("--safe") { Description = "The safe text in the concept's place." };
    private readonly Option<string?> _safePrompts = new("--safe-prompts") { Description = "A file of the safe counterpart of each prompt, one a line." };
    private readonly Option<string?> _erasure = new("--erasure") { Description = "The erasure of TRCE's first stage, through which the trained model reads texts (learn erasure --method trce --gate none --null-condition)." };
    private readonly Option<string[]> _towards = new("--towards") { Description = "What the erasing signal leads to, with --towards-scale; may be given several times." };
    private readonly Option<string> _out = new("--out", "-o") { Description = "The file to write (.delta.safetensors).", Required = true };
    private readonly Option<string?> _curve = new("--curve") { Description = "A picture of the losses, .svg." };
    private readonly Option<string?> _checkpoint = new("--checkpoint") { Description = "A file to go on from, written every 50 updates and at the end." };
    private readonly Option<string?> _weights = new("--weights") { Description = "The weights to train, by role and joined by commas, such as self-attention,cross-query (default: the method's own)." };
    private readonly Option<int> _updates = new("--updates") { Description = "Updates.", DefaultValueFactory = _ => 200 };
    private readonly Option<int> _trajectories = new("--trajectories") { Description = "Trajectories that latents come from.", DefaultValueFactory = _ => 100 };
    private readonly Option<int> _batch = new("--batch") { Description = "Latents of an update.", DefaultValueFactory = _ => 1 };
    private readonly Option<int> _steps = new("--steps") { Description = "DDIM steps of a trajectory.", DefaultValueFactory = _ => 50 };
    private readonly Option<float> _guidance = new("--guidance") { Description = "The guidance scale of trajectories.", DefaultValueFactory = _ => 7.5f };
    private readonly Option<double?> _scale = new("--scale") { Description = "The method's scale: beta 15 for trce, gamma 7.5 for sce, eta 1 for esd." };
    private readonly Option<double?> _preserve = new("--preserve") { Description = "The weight of what is held: 100 for trce, 5 for sce." };
    private readonly Option<string?> _retain = new("--retain") { Description = "A file of prompts that are to stay as they are, one a line: near misses of the concept above all." };
    private readonly Option<double> _retainWeight = new("--retain-weight") { Description = "The weight of those prompts.", DefaultValueFactory = _ => 1 };
    private readonly Option<int> _retainBatch = new("--retain-batch") { Description = "How many of those prompts each update holds.", DefaultValueFactory = _ => 4 };
    private readonly Option<bool> _falls = new("--rate-falls") { Description = "Let the learning rate fall to 0 over the run." };
    private readonly Option<double?> _share = new("--erasing-share") { Description = "The share of a trajectory's steps, from the noisiest, that erasing is trained on (default: 0.5 for trce, 1 for sce and esd)." };
    private readonly Option<double> _margin = new("--margin") { Description = "The margin of the triplet.", DefaultValueFactory = _ => 0.01 };
    private readonly Option<double> _away = new("--away") { Description = "The scale of the concept in the erasing signal, below 0.", DefaultValueFactory = _ => -7.5 };
    private readonly Option<double> _towardsScale = new("--towards-scale") { Description = "The scale of what the signal leads to.", DefaultValueFactory = _ => 6.5 };
    private readonly Option<string[]> _words = new("--words") { Description = "Words of the implicit signal, in the explicit one's place: where a prompt says them, their attention is scaled down; may be given several times." };
    private readonly Option<double> _tokenFactor = new("--token-factor") { Description = "What their attention is multiplied by." };
    private readonly Option<double> _implicitScale = new("--implicit-scale") { Description = "The scale of the implicit signal.", DefaultValueFactory = _ => -1 };
    private readonly Option<string?> _sheets = new("--sheets") { Description = "A folder for sheets of pictures that are drawn during the run, at fixed seeds." };
    private readonly Option<int> _sheetEvery = new("--sheet-every") { Description = "After how many updates a sheet is drawn.", DefaultValueFactory = _ => 50 };
    private readonly Option<string?> _sheetPrompts = new("--sheet-prompts") { Description = "A file of the sheets' prompts, one a line (default: the first four of --prompts, and of --retain)." };
    private readonly Option<double> _quantile = new("--quantile") { Description = "The share of the values that the signal leaves as they are.", DefaultValueFactory = _ => 0.95 };
    private readonly Option<double> _window = new("--window-start") { Description = "The timestep from which on the signal acts, as a share of all.", DefaultValueFactory = _ => 0.35 };
    private readonly Option<double> _rate = new("--learning-rate") { Description = "The learning rate.", DefaultValueFactory = _ => 1e-5 };
    private readonly Option<double> _decay = new("--weight-decay") { Description = "The decay of weights.", DefaultValueFactory = _ => 0.01 };
    private readonly Option<double?> _clip = new("--clip") { Description = "The norm that gradients are clipped to (default: none)." };
    private readonly Option<long> _seed = new("--seed") { Description = "The seed of everything random.", DefaultValueFactory = _ => 1 };
    private readonly DeltaFormOptions _form = new();
    private readonly Option<AutogradDevice> _device = new("--device") { Description = "What computes: cpu, or cuda with a CUDA build of libtorch (docs/fine-tuning.md)." };
    private readonly Option<int?> _recompute = new("--recompute") { Description = "Compute activations again for the gradient, in so many pieces of the UNet: less memory, more time (default: keep them)." };
    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "No progress; errors only." };

    public MethodCommand(string name, string description, FineTuningMethod method) : base(name, description)
    {
        _method = method;
        Option[] all = [_model, _concept, _prompts, _out, _curve, _checkpoint, _weights, _updates, _trajectories, _batch, _steps, _guidance, _scale, _share, _retain, _retainWeight, _retainBatch, _sheets, _sheetEvery, _sheetPrompts, _rate, _falls, _decay, _clip, _seed, _device, _recompute, _quiet];
        Option[] own = method switch
        {
            FineTuningMethod.Trce => [_safe, _safePrompts, _erasure, _preserve, _margin],
            FineTuningMethod.Sce => [_towards, _towardsScale, _away, _words, _tokenFactor, _implicitScale, _quantile, _window, _preserve],
            _ => [],
        };
        foreach (Option option in (Option[])[.. all, .. own, .. _form.All]) Options.Add(option);
        SetAction((parsed, cancellationToken) => Outcome.OfAsync(() => RunAsync(parsed, cancellationToken)));
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        bool quiet = parsed.GetValue(_quiet);
        List<FineTuningProgress> history = [];
        ErasureProjection? erasure = _method == FineTuningMethod.Trce && parsed.GetValue(_erasure) is { } file ? ErasureProjection.Load(file) : null;
        WeightDelta delta = await FineTuner.RunAsync(parsed.GetRequiredValue(_model), Read(parsed), erasure, new Display(history, quiet), cancellationToken).ConfigureAwait(false);
        delta.Save(parsed.GetRequiredValue(_out));
        if (parsed.GetValue(_curve) is { } curve) AtomicFile.WriteText(curve, LossCurve.Write(history));
        DeltaFormOptions.TellError(delta, quiet);
        Console.Out.WriteLine(parsed.GetRequiredValue(_out));
        return 0;
    }

    private FineTuningOptions Read(ParseResult parsed)
    {
        string concept = parsed.GetRequiredValue(_concept);
        string[] towards = _method == FineTuningMethod.Sce ? parsed.GetValue(_towards) ?? [] : [];
        string[] words = _method == FineTuningMethod.Sce ? parsed.GetValue(_words) ?? [] : [];
        string[] prompts = parsed.GetValue(_prompts) is { } promptFile ? BoundedFile.ReadLines(promptFile, MaxPromptBytes) : [concept];
        string[] retained = parsed.GetValue(_retain) is { } retainedFile ? BoundedFile.ReadLines(retainedFile, MaxPromptBytes) : [];
        return new FineTuningOptions
        {
            Method = _method,
            Concept = concept,
            Prompts = prompts,
            SafePrompts = _method == FineTuningMethod.Trce ? Safe(parsed) : [],
            ImplicitWords = words,
            TokenFactor = words.Length > 0 ? parsed.GetValue(_tokenFactor) : 0,
            ImplicitScale = words.Length > 0 ? parsed.GetValue(_implicitScale) : -1,
            Instructions = _method == FineTuningMethod.Sce && (words.Length == 0 || towards.Length > 0) ? [(concept, parsed.GetValue(_away)), .. towards.Select(text => (text, parsed.GetValue(_towardsScale)))] : [],
            Weights = parsed.GetValue(_weights) is { } weights ? Roles(weights) : null,
            Optimizer = new AdamWSettings { LearningRate = parsed.GetValue(_rate), WeightDecay = parsed.GetValue(_decay), Clip = parsed.GetValue(_clip) },
            Updates = parsed.GetValue(_updates),
            Trajectories = parsed.GetValue(_trajectories),
            Batch = parsed.GetValue(_batch),
            Steps = parsed.GetValue(_steps),
            GuidanceScale = parsed.GetValue(_guidance),
            Scale = parsed.GetValue(_scale),
            PreservationWeight = _method == FineTuningMethod.Esd ? null : parsed.GetValue(_preserve),
            RetainedPrompts = retained,
            Sheets = parsed.GetValue(_sheets) is { } folder
                ? new SheetOptions
                {
                    Folder = folder,
                    Every = parsed.GetValue(_sheetEvery),
                    Prompts = parsed.GetValue(_sheetPrompts) is { } shown ? BoundedFile.ReadLines(shown, MaxPromptBytes) : [.. prompts.Take(4), .. retained.Take(4)],
                }
                : null,
            RetainedBatch = parsed.GetValue(_retainBatch),
            RateFalls = parsed.GetValue(_falls),
            RetentionWeight = parsed.GetValue(_retainWeight),
            ErasingShare = parsed.GetValue(_share),
            Margin = _method == FineTuningMethod.Trce ? parsed.GetValue(_margin) : 0.01,
            Quantile = _method == FineTuningMethod.Sce ? parsed.GetValue(_quantile) : 0.95,
            WindowStart = _method == FineTuningMethod.Sce ? parsed.GetValue(_window) : 0.35,
            Seed = parsed.GetValue(_seed),
            Form = _form.Read(parsed),
            RecomputedPieces = parsed.GetValue(_recompute),
            Device = parsed.GetValue(_device),
            Checkpoint = parsed.GetValue(_checkpoint),
        };
    }

    private string[] Safe(ParseResult parsed) => (parsed.GetValue(_safe), parsed.GetValue(_safePrompts)) switch
    {
        ({ } text, null) => [text],
        (null, { } file) => BoundedFile.ReadLines(file, MaxPromptBytes),
        _ => throw new InvalidRequestException("--safe", "or --safe-prompts is needed, and not both: TRCE steers to a safe text."),
    };

    internal static TrainedWeights Roles(string text)
    {
        TrainedWeights roles = TrainedWeights.None;
        foreach (string word in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!Enum.TryParse(word.Replace("-", "", StringComparison.Ordinal), ignoreCase: true, out TrainedWeights role) || char.IsDigit(word[0]))
                throw new InvalidRequestException("--weights", $"names '{word}'; known are {string.Join(", ", Enum.GetNames<TrainedWeights>().Skip(1).Select(Kebab))}.");
            roles |= role;
        }
        return roles;
    }

    private static string Kebab(string name) => string.Concat(name.Select((letter, index) => char.IsUpper(letter) && index > 0 ? $"-{char.ToLowerInvariant(letter)}" : char.ToLowerInvariant(letter).ToString()));

    /// <summary>Progress on standard error, a line now and then; called in order, on the training's own thread.</summary>
    private sealed class Display(List<FineTuningProgress> history, bool quiet) : IProgress<FineTuningProgress>
    {
        public void Report(FineTuningProgress value)
        {
            if (value.Update > 0) history.Add(value);
            if (quiet) return;
            if (value.Update == 0 && value.Sampled % 10 == 0) Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{value.Sampled} trajectories sampled"));
            if (value.Update > 0 && (value.Update % 10 == 0 || value.Update == value.Updates))
                Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"update {value.Update} of {value.Updates}: erase {value.Erase:g4}, preserve {value.Preserve:g4}, {(value.Retain is { } retain ? $"retain {retain:g4}, " : "")}gradient {value.GradientNorm:g4}"));
        }
    }
}
