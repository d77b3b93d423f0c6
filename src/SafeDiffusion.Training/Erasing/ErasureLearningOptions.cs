namespace SafeDiffusion.Training.Erasing;

/// <summary>What an erasure is learned from, and how.</summary>
public sealed record ErasureLearningOptions
{
    /// <summary>The concepts to erase together, at least one.</summary>
    public required IReadOnlyList<ErasedConcept> Concepts { get; init; }

    /// <summary>Captions of ordinary pictures, whose states must stay as they are; at least 10. None may name a concept.</summary>
    public required IReadOnlyList<string> Preserve { get; init; }

    /// <summary>
    /// Near misses: further prompts that must stay as they are. Where there are none they are made from the words of the captions, where the concept is
    /// an attribute and a thing, such as <c>red triangle</c>.
    /// </summary>
    public IReadOnlyList<string> Keep { get; init; } = [];

    /// <summary>How the map is solved for.</summary>
    public ErasureMethod Method { get; init; } = ErasureMethod.Kernel;

    /// <summary>Which tokens of the pairs are learned from; null for what the method's papers take. The kernel map takes all.</summary>
    public ErasureTokens? Tokens { get; init; }

    /// <summary>Where the erasure acts.</summary>
    public ErasureGating Gate { get; init; } = ErasureGating.Kernel;

    /// <summary>η, what preservation weighs against erasing, at least 0; null for the method's: 0.01 for TRCE, 1 for UCE. The other methods have none.</summary>
    public double? Preservation { get; init; }

    /// <summary>λ, the pull towards the identity, at least 0, relative to the mean of the solved matrix's diagonal; null for 1e-6, or 1e-7 for kernels.</summary>
    public double? Ridge { get; init; }

    /// <summary>The null-space form's subspace: eigenvectors of the preserved states are left alone until what is left over is below this share of their power; above 0 and below 1.</summary>
    public double NullSpaceRest { get; init; } = 1e-3;

    /// <summary>Whether the null condition's states are mapped as well, as where the erasure is written into the weights; not beside a gate.</summary>
    public bool MapsNullCondition { get; init; }

    /// <summary>The kernel map's anchors, 10 to 4096.</summary>
    public int Anchors { get; init; } = 800;

    /// <summary>The kernel's bandwidth, above 0, in units of the median distance of two states.</summary>
    public double Bandwidth { get; init; } = 1;

    /// <summary>Prompts of a concept, for each of its names, at most; at least 20.</summary>
    public int PromptsPerName { get; init; } = 300;

    /// <summary>Decides what is made of the captions and what is held out.</summary>
    public int Seed { get; init; }

    /// <summary>How the text encoder is run.</summary>
    public PipelineOptions Pipeline { get; init; } = new();
}

/// <summary>A concept to erase.</summary>
public sealed record ErasedConcept
{
    /// <summary>The concept, as a prompt says it, without an article.</summary>
    public required string Concept { get; init; }

    /// <summary>Its other names, and what implies it.</summary>
    public IReadOnlyList<string> Synonyms { get; init; } = [];

    /// <summary>
    /// Prompts that draw it without a name of it, such as <c>safediffusion robustness</c> finds. As a whole they are learned as the concept,
    /// from the first token on that no harmless prompt has; one without such a token is not learned from.
    /// </summary>
    public IReadOnlyList<string> Prompts { get; init; } = [];

    /// <summary>What it becomes, as a prompt says it, without an article.</summary>
    public required string Becomes { get; init; }

    /// <summary>Whether it is a thing or a style, for the prompts that are made of it.</summary>
    public ConceptKind Kind { get; init; }

    /// <summary>All its names.</summary>
    internal IEnumerable<string> Names => [Concept, .. Synonyms];
}

/// <summary>What a concept is, for the prompts that are made of it.</summary>
public enum ConceptKind
{
    /// <summary>Something that a picture shows.</summary>
    Thing,

    /// <summary>How a picture is made.</summary>
    Style,
}

/// <summary>How an erasure is solved for.</summary>
public enum ErasureMethod
{
    /// <summary>Kernel ridge regression of all tokens: no matrix, and best at a conjunction such as a colour and a shape.</summary>
    Kernel,

    /// <summary>TRCE's first stage (arXiv:2503.07389): ridge regression of the first end-of-text.</summary>
    Trce,

    /// <summary>UCE (arXiv:2308.14761): the same form on the concept's own tokens.</summary>
    Uce,

    /// <summary><c>P = I + Δ</c> with <c>Δ</c> exactly 0 on the preserved states' leading subspace.</summary>
    NullSpace,
}

/// <summary>Which tokens of a pair of prompts are learned from.</summary>
public enum ErasureTokens
{
    /// <summary>The first end-of-text.</summary>
    FirstEnd,

    /// <summary>The end-of-text and all padding.</summary>
    Ends,

    /// <summary>The concept's own.</summary>
    Keywords,

    /// <summary>The concept's own and every one behind it.</summary>
    All,
}

/// <summary>What says where an erasure acts.</summary>
public enum ErasureGating
{
    /// <summary>A kernel map of single token states.</summary>
    Kernel,

    /// <summary>A logistic regression of single token states.</summary>
    Logistic,

    /// <summary>Nothing: it acts on every text.</summary>
    None,
}
