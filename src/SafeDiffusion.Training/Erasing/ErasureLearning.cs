using System.Numerics.Tensors;
using System.Text.Json.Nodes;
using MathNet.Numerics.LinearAlgebra;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Methods.LinearErasure;
using SafeDiffusion.Model.Text;
using SafeDiffusion.Protections;

namespace SafeDiffusion.Training.Erasing;

/// <summary>One run of <see cref="ErasureLearner"/>, from words to the erasure.</summary>
internal sealed class ErasureLearning(SafeDiffusionPipeline pipeline, ErasureLearningOptions options, string modelHash, CancellationToken cancellationToken)
{
    /// <summary>Every fifth prompt is held out.</summary>
    private const int HeldOutOf = 5;

    /// <summary>Of held-out prompts with the concept, this share must open the gate.</summary>
    private const double LeastOpened = 0.5;

    private const double DefaultRidge = 1e-6;
    private const double DefaultKernelRidge = 1e-7;

    /// <summary>The least power of a state's change that counts, to divide by.</summary>
    private const double Least = 1e-12;

    private static readonly string _tool = $"SafeDiffusion {typeof(ErasureLearning).Assembly.GetName().Version!.ToString(3)}";

    private readonly ErasurePrompts _prompts = new(options);
    private readonly Dictionary<string, TextStates> _states = [];
    private readonly double _ridge = options.Ridge ?? DefaultRidge;
    private readonly double _kernelRidge = options.Ridge ?? DefaultKernelRidge;

    public LearnedErasure Run()
    {
        TextStates[] harmless = [.. _prompts.Harmless.Select(Encode).Where(states => !states.Text!.IsTruncated)];
        HashSet<int> ordinary = [.. harmless.SelectMany(states => states.Text!.Ids)];
        AlignedPair[] pairs = [.. Shuffled(_prompts.Pairs).Select(pair => AlignedPair.Of(pair, Encode, ordinary)).OfType<AlignedPair>()];
        RequireEnough(pairs, harmless);
        TextStates[] shuffled = Shuffled(harmless);
        (AlignedPair[] learnedPairs, AlignedPair[] heldPairs) = Split(pairs);
        HashSet<string> plain = [.. _prompts.PlainNearMisses];
        (TextStates[] learnedHarmless, TextStates[] heldHarmless) = Split([.. shuffled.Where(states => !plain.Contains(states.Text!.Text))]);
        learnedHarmless = [.. shuffled.Where(states => plain.Contains(states.Text!.Text)), .. learnedHarmless];
        ErasureGate? gate = Gate(learnedPairs, learnedHarmless, heldPairs, harmless);
        RequireOpening(gate, heldPairs);
        (ErasureProjection projection, SolvedProjection? solved) = Solve(learnedPairs, learnedHarmless, gate);
        return new LearnedErasure(projection, Measure(projection, heldPairs, heldHarmless))
        {
            Condition = solved?.Condition,
            Rank = solved?.Rank,
            ConceptPrompts = [.. pairs.Select(pair => pair.Concept.Text!.Text)],
            HarmlessPrompts = _prompts.Harmless,
            SkippedPrompts = [.. _prompts.Pairs.Where(pair => pair.Name is null).Select(pair => pair.Concept).Except(pairs.Select(pair => pair.Concept.Text!.Text))],
        };
    }

    private TextStates Encode(string prompt)
    {
        if (_states.TryGetValue(prompt, out TextStates? known)) return known;
        return _states[prompt] = pipeline.EncodeText(prompt, cancellationToken);
    }

    private static void RequireEnough(AlignedPair[] pairs, TextStates[] harmless)
    {
        if (pairs.Length < 2 * HeldOutOf) throw new InvalidRequestException("concept", $"stands whole in {pairs.Length} prompts only; the model's text may be too short for its names. Shorten them.");
        if (harmless.Length < 2 * HeldOutOf) throw new InvalidRequestException("preserve", $"holds {harmless.Length} captions that fit into the model's text. Give more, or shorter ones.");
    }

    /// <summary>An erasure that seldom acts protects from nothing, whatever else it does well.</summary>
    private static void RequireOpening(ErasureGate? gate, AlignedPair[] pairs)
    {
        if (gate is null) return;
        int open = pairs.Count(pair => gate.Read(pair.Concept).IsOpen);
        if (open < LeastOpened * pairs.Length) throw new InvalidRequestException("gate", $"would open for {open} of {pairs.Length} held-out prompts with the concept: what it learned does not tell these from what must stay. Take the gate 'kernel', or none, give more captions, or preserve less that is like the concept.");
    }

    private T[] Shuffled<T>(IEnumerable<T> items)
    {
        T[] shuffled = [.. items];
        new Random(options.Seed).Shuffle(shuffled);
        return shuffled;
    }

    private static (T[] Learned, T[] Held) Split<T>(T[] items) =>
        ([.. items.Where((_, i) => i % HeldOutOf != 0)], [.. items.Where((_, i) => i % HeldOutOf == 0)]);

    private ErasureGate? Gate(AlignedPair[] pairs, TextStates[] harmless, AlignedPair[] heldPairs, TextStates[] allHarmless)
    {
        if (options.Gate == ErasureGating.None) return null;
        StateTable table = GateStates(pairs, harmless);
        ErasureGate gate = options.Gate == ErasureGating.Kernel ? GateLearner.Kernel(table, options.Bandwidth, _kernelRidge, options.Seed) : GateLearner.Logistic(table);
        float threshold = GateCalibration.Threshold(allHarmless.Select(states => gate.Read(states).Largest), heldPairs.Select(pair => gate.Read(pair.Concept).Largest));
        return GateLearner.WithThreshold(gate, threshold);
    }

    /// <summary>What is harmless first: a state that stands there too is not the concept's.</summary>
    private StateTable GateStates(AlignedPair[] pairs, TextStates[] harmless)
    {
        StateTable table = new(pipeline.Model.TextWidth, 1);
        float[] closed = [0];
        foreach (TextStates text in harmless)
        {
            for (int token = 1; token < text.Text!.EndPosition; token++) table.Add(text.Token(token), closed);
        }
        // Behind the concept a harmless prompt's tokens are not to open it either: what comes before it is the same as there.
        float[] open = [1];
        double weight = Math.Clamp((double)table.Count / pairs.Sum(pair => pair.Keywords.Count()), 1, 10);
        foreach (AlignedPair pair in pairs)
        {
            for (int token = 1; token < pair.First; token++) table.Add(pair.Concept.Token(token), closed);
            foreach (int token in pair.Keywords) table.Add(pair.Concept.Token(token), open, weight);
        }
        return table;
    }

    private (ErasureProjection Projection, SolvedProjection? Solved) Solve(AlignedPair[] pairs, TextStates[] harmless, ErasureGate? gate)
    {
        AssetIdentity identity = new() { Concept = string.Join(", ", options.Concepts.Select(concept => concept.Concept)), BaseModelHash = modelHash, Tool = _tool };
        if (options.Method == ErasureMethod.Kernel)
        {
            KernelMap map = KernelSolver.Solve(MapStates(pairs, harmless), options.Anchors, options.Bandwidth, _kernelRidge, options.Seed);
            return (new ErasureProjection(identity, map, gate) { MapsNullCondition = options.MapsNullCondition, Names = _prompts.Names, Learning = Record(null).ToJsonString() }, null);
        }
        SolvedProjection solved = SolveLinear(pairs, harmless);
        float[] matrix = [.. solved.Matrix.ToRowMajorArray().Select(value => (float)value)];
        ErasureProjection projection = new(identity, matrix, pipeline.Model.TextWidth, gate) { MapsNullCondition = options.MapsNullCondition, Learning = Record(solved).ToJsonString() };
        return (projection, solved);
    }

    /// <summary>Where a concept is, what leads to the safe state; where none is, nothing.</summary>
    private StateTable MapStates(AlignedPair[] pairs, TextStates[] harmless)
    {
        StateTable table = new(pipeline.Model.TextWidth, pipeline.Model.TextWidth);
        float[] nothing = new float[pipeline.Model.TextWidth];
        foreach (TextStates text in harmless)
        {
            for (int token = 0; token < text.Tokens; token++) table.Add(text.Token(token), nothing);
        }
        foreach (AlignedPair pair in pairs)
        {
            foreach (int token in pair.Positions(ErasureTokens.All))
            {
                float[] change = pair.Safe.Token(pair.SafePosition(token)).ToArray();
                TensorPrimitives.Subtract(change, pair.Concept.Token(token), change);
                table.Add(pair.Concept.Token(token), change);
            }
        }
        return table;
    }

    private SolvedProjection SolveLinear(AlignedPair[] pairs, TextStates[] harmless)
    {
        ErasureTokens tokens = Tokens();
        (AlignedPair Pair, int Token)[] places = [.. pairs.SelectMany(pair => pair.Positions(tokens).Select(token => (pair, token)))];
        Matrix<double> concept = Rows(places.Select(place => place.Pair.Concept.Token(place.Token).ToArray()));
        Matrix<double> safe = Rows(places.Select(place => place.Pair.Safe.Token(place.Pair.SafePosition(place.Token)).ToArray()));
        Matrix<double> preserved = Rows(harmless.SelectMany(text => Enumerable.Range(0, text.Tokens).Select(token => text.Token(token).ToArray())));
        double scale = concept.PointwiseMultiply(concept).RowSums().Sum() / concept.RowCount / concept.ColumnCount;
        return options.Method == ErasureMethod.NullSpace
            ? RidgeProjection.SolveInNullSpace(concept, safe, preserved, options.NullSpaceRest, _ridge * scale)
            : RidgeProjection.Solve(concept, safe, preserved, Preservation(), _ridge * scale);
    }

    private double Preservation() => options.Preservation ?? (options.Method == ErasureMethod.Uce ? 1 : 0.01);

    private ErasureTokens Tokens() => options.Tokens ?? options.Method switch
    {
        ErasureMethod.Trce => ErasureTokens.FirstEnd,
        ErasureMethod.Uce => ErasureTokens.Keywords,
        _ => ErasureTokens.All,
    };

    private static Matrix<double> Rows(IEnumerable<float[]> states)
    {
        float[][] rows = [.. states];
        return Matrix<double>.Build.Dense(rows.Length, rows[0].Length, (row, i) => rows[row][i]);
    }

    private ErasureMeasures Measure(ErasureProjection projection, AlignedPair[] pairs, TextStates[] harmless)
    {
        (double left, double way, double changed, double power) = (0, Least, 0, Least);
        float[] mapped = new float[pipeline.Model.TextWidth];
        foreach (AlignedPair pair in pairs)
        {
            foreach (int token in pair.Positions(ErasureTokens.All))
            {
                ReadOnlySpan<float> safe = pair.Safe.Token(pair.SafePosition(token));
                projection.Map(pair.Concept.Token(token), mapped);
                left += Square(TensorPrimitives.Distance(mapped, safe));
                way += Square(TensorPrimitives.Distance(pair.Concept.Token(token), safe));
            }
        }
        foreach (TextStates text in harmless)
        {
            bool isClosed = projection.Gate is { } gate && !gate.Read(text).IsOpen;
            for (int token = 0; token < text.Tokens; token++)
            {
                projection.Map(text.Token(token), mapped);
                changed += isClosed ? 0 : Square(TensorPrimitives.Distance(mapped, text.Token(token)));
                power += Square(TensorPrimitives.Norm(text.Token(token)));
            }
        }
        return new()
        {
            ConceptPrompts = pairs.Length,
            ConceptOpened = pairs.Count(pair => IsOpen(projection, pair.Concept)),
            HarmlessPrompts = harmless.Length,
            HarmlessOpened = harmless.Count(text => IsOpen(projection, text)),
            Left = Math.Sqrt(left / way),
            HarmlessChange = Math.Sqrt(changed / power),
        };
    }

    private static bool IsOpen(ErasureProjection projection, TextStates text) => projection.Gate is not { } gate || gate.Read(text).IsOpen;

    private static double Square(double value) => value * value;

    /// <summary>What the file says of its learning; the same every time, so without dates and paths.</summary>
    private JsonObject Record(SolvedProjection? solved) => new()
    {
        ["concepts"] = new JsonArray([.. options.Concepts.Select(concept => (JsonNode)new JsonObject
        {
            ["concept"] = concept.Concept,
            ["synonyms"] = new JsonArray([.. concept.Synonyms.Select(synonym => (JsonNode)synonym)]),
            ["prompts"] = concept.Prompts.Count == 0 ? null : concept.Prompts.Count,
            ["becomes"] = concept.Becomes,
        })]),
        ["method"] = options.Method.ToString(),
        ["tokens"] = Tokens().ToString(),
        ["gate"] = options.Gate.ToString(),
        ["preservation"] = options.Method is ErasureMethod.Trce or ErasureMethod.Uce ? Preservation() : null,
        ["ridge"] = options.Method == ErasureMethod.Kernel ? _kernelRidge : _ridge,
        ["pairs"] = _prompts.Pairs.Count,
        ["harmless"] = _prompts.Harmless.Count,
        ["near_misses"] = _prompts.NearMisses.Count,
        ["condition"] = solved?.Condition,
        ["rank"] = solved?.Rank,
        ["seed"] = options.Seed,
    };
}
