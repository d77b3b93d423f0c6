using System.Collections.Immutable;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Methods.LinearErasure;
using SafeDiffusion.Model.Text;

namespace SafeDiffusion.Training.Erasing;

/// <summary>A prompt that holds a concept, by one of its names, and the same prompt with what it becomes; where nothing in it is a name, all of it is the concept.</summary>
internal sealed record PromptPair(string Concept, string? Name, string Safe, string Becomes);

/// <summary>The prompts that an erasure is learned from: pairs, and such that must stay as they are, near misses and pairs of them among these.</summary>
internal sealed class ErasurePrompts
{
    /// <summary>Near misses made of one caption, of each kind.</summary>
    private const int Variants = 4;

    /// <summary>Captions made of one by putting other things in all its places.</summary>
    private const int Recombinations = 2;

    private readonly ErasureLearningOptions _options;
    private readonly string[] _captions;
    private readonly string[] _names;
    private readonly Random _random;

    public ErasurePrompts(ErasureLearningOptions options)
    {
        _options = options;
        _random = new Random(options.Seed);
        _captions = [.. options.Preserve.Select(Plain).Distinct()];
        _names = [.. options.Concepts.SelectMany(concept => concept.Names).Select(Plain)];
        foreach (string prompt in _captions.Concat(options.Keep.Select(Plain)))
        {
            if (Named(prompt) is { } name) throw new InvalidRequestException("preserve", $"holds \"{prompt}\", which names what is to be erased, \"{name}\". Leave it out.");
        }
        Pairs = [.. options.Concepts.SelectMany(concept => concept.Names.SelectMany(name => PairsOf(concept, Plain(name))).Concat(Unnamed(concept)))];
        PlainNearMisses = options.Keep.Count > 0 ? [] : [.. options.Concepts.SelectMany(PlainNearMissesOf).Distinct()];
        NearMisses = options.Keep.Count > 0 ? [.. options.Keep.Select(Plain).Distinct()] : [.. PlainNearMisses, .. options.Concepts.SelectMany(NearMissesOf).Distinct().Except(PlainNearMisses)];
        Harmless = [.. _captions.Concat(NearMisses).Concat(options.Concepts.SelectMany(Recombined)).Append("").Distinct()];
    }

    /// <summary>The names of things, and what they become.</summary>
    public ImmutableArray<ErasedName> Names =>
    [
        .. _options.Concepts.Where(concept => concept.Kind == ConceptKind.Thing)
            .SelectMany(concept => concept.Names.Select(name => new ErasedName(Plain(name), Plain(concept.Becomes)))).DistinctBy(name => name.Name),
    ];

    /// <summary>The pairs, in an order of chance.</summary>
    public IReadOnlyList<PromptPair> Pairs { get; }

    /// <summary>The near misses alone.</summary>
    public IReadOnlyList<string> NearMisses { get; }

    /// <summary>Those of them that name one thing and say no more. A picture's prompt often begins so, and the encoder is causal: never held out.</summary>
    public IReadOnlyList<string> PlainNearMisses { get; }

    /// <summary>All that must stay as it is.</summary>
    public IReadOnlyList<string> Harmless { get; }

    private static string Plain(string text) => string.Join(' ', text.ToLowerInvariant().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private IEnumerable<PromptPair> PairsOf(ErasedConcept concept, string name)
    {
        string becomes = Plain(concept.Becomes);
        IEnumerable<Func<string, string>> forms = ErasureTemplates.Of(concept.Kind).Select(template => (Func<string, string>)(thing => ErasureTemplates.Fill(template, Said(concept, thing))));
        IEnumerable<Func<string, string>> inCaptions = concept.Kind == ConceptKind.Style ? InStyle() : InSlots(Plain(concept.Concept)).Concat(Beside());
        Func<string, string>[] all = [.. forms, .. Shuffled(inCaptions)];
        return all.Take(_options.PromptsPerName).Select(form => new PromptPair(form(name), name, form(becomes), becomes)).DistinctBy(pair => pair.Concept);
    }

    /// <summary>Prompts that draw the concept without a name of it: as a whole they become what it becomes.</summary>
    private static IEnumerable<PromptPair> Unnamed(ErasedConcept concept)
    {
        string becomes = Plain(concept.Becomes);
        return concept.Prompts.Select(prompt => new PromptPair(Plain(prompt), null, Said(concept, becomes), becomes)).DistinctBy(pair => pair.Concept);
    }

    private static string Said(ErasedConcept concept, string name) => concept.Kind == ConceptKind.Style ? name : Phrase.WithArticle(name);

    /// <summary>The name in the place of a thing in a caption, the other things near misses in one of three.</summary>
    private IEnumerable<Func<string, string>> InSlots(string concept)
    {
        CaptionSlots slots = CaptionSlots.Read(_captions, concept);
        string[] near = [.. NearNames(slots, concept)];
        foreach (int caption in Enumerable.Range(0, _captions.Length))
        {
            foreach (int slot in slots.Slots(caption))
            {
                int other = slots.Slots(caption).FirstOrDefault(place => place != slot);
                string? companion = other > 0 && near.Length > 0 && _random.Next(3) == 0 ? near[_random.Next(near.Length)] : null;
                int kept = caption;
                yield return name => slots.Fill(kept, companion is null ? [(slot, name)] : [(slot, name), (other, companion)]);
            }
        }
    }

    private IEnumerable<Func<string, string>> Beside()
    {
        foreach (string caption in _captions.Where(caption => !caption.Contains(" and ", StringComparison.Ordinal)))
        {
            yield return name => $"{Phrase.WithArticle(name)} and {caption}";
            yield return name => $"{caption} and {Phrase.WithArticle(name)}";
        }
    }

    private IEnumerable<Func<string, string>> InStyle() => _captions.Select(caption => (Func<string, string>)(name => $"{caption} in the style of {name}"));

    private IEnumerable<string> PlainNearMissesOf(ErasedConcept erased)
    {
        string concept = Plain(erased.Concept);
        return erased.Kind == ConceptKind.Style ? [] : NearNames(CaptionSlots.Read(_captions, concept), concept).Select(Phrase.WithArticle);
    }

    /// <summary>Captions with a near miss in the place of a thing, or one in each of two.</summary>
    private IEnumerable<string> NearMissesOf(ErasedConcept erased)
    {
        string concept = Plain(erased.Concept);
        CaptionSlots slots = CaptionSlots.Read(_captions, concept);
        string[] near = [.. NearNames(slots, concept)];
        List<string> made = [];
        if (erased.Kind == ConceptKind.Style || near.Length == 0) return made;
        foreach (int caption in Shuffled(Enumerable.Range(0, _captions.Length)))
        {
            int[] places = [.. slots.Slots(caption)];
            if (places.Length == 0) continue;
            for (int again = 0; again < Variants; again++) made.Add(slots.Fill(caption, [(places[_random.Next(places.Length)], near[_random.Next(near.Length)])]));
            if (places.Length < 2) continue;
            for (int again = 0; again < Variants; again++) made.Add(slots.Fill(caption, [.. CrossNames(slots, concept, places[0], places[1])]));
        }
        return made.Where(prompt => Named(prompt) is null);
    }

    /// <summary>Captions with any attributes and things that captions name, so that their number does not limit what is known to be harmless.</summary>
    private IEnumerable<string> Recombined(ErasedConcept erased)
    {
        CaptionSlots slots = CaptionSlots.Read(_captions, Plain(erased.Concept));
        string[] attributes = [.. slots.Attributes];
        string[] things = [.. slots.Things];
        if (attributes.Length == 0 || things.Length == 0) yield break;
        foreach (int caption in Enumerable.Range(0, _captions.Length))
        {
            int[] places = [.. slots.Slots(caption)];
            for (int again = 0; places.Length > 0 && again < Recombinations; again++)
            {
                string made = slots.Fill(caption, [.. places.Select(place => (place, $"{attributes[_random.Next(attributes.Length)]} {things[_random.Next(things.Length)]}"))]);
                if (Named(made) is null) yield return made;
            }
        }
    }

    /// <summary>The concept's attribute with another thing and its thing with another attribute, in either order: each half of it is there.</summary>
    private IEnumerable<(int Slot, string Name)> CrossNames(CaptionSlots slots, string concept, int first, int second)
    {
        string[] words = concept.Split(' ');
        string[] things = [.. slots.Things.Where(thing => thing != words[1])];
        string[] attributes = [.. slots.Attributes.Where(attribute => attribute != words[0])];
        if (things.Length == 0 || attributes.Length == 0) return [];
        string[] names = [$"{words[0]} {things[_random.Next(things.Length)]}", $"{attributes[_random.Next(attributes.Length)]} {words[1]}"];
        int order = _random.Next(2);
        return [(first, names[order]), (second, names[1 - order])];
    }

    /// <summary>What shares one of the concept's two words.</summary>
    private IEnumerable<string> NearNames(CaptionSlots slots, string concept)
    {
        string[] words = concept.Split(' ');
        if (words.Length != 2) return [];
        IEnumerable<string> things = slots.Things.Where(thing => thing != words[1]).Select(thing => $"{words[0]} {thing}");
        IEnumerable<string> attributes = slots.Attributes.Where(attribute => attribute != words[0]).Select(attribute => $"{attribute} {words[1]}");
        return things.Concat(attributes).Where(name => !_names.Contains(name));
    }

    private string? Named(string prompt) => _names.FirstOrDefault(name => $" {prompt} ".Contains($" {name} ", StringComparison.Ordinal));

    private T[] Shuffled<T>(IEnumerable<T> items)
    {
        T[] shuffled = [.. items];
        _random.Shuffle(shuffled);
        return shuffled;
    }
}
