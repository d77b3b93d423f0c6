namespace SafeDiffusion.Methods.GrowthInhibitor;

/// <summary>Finds concepts that mean nearly the same as another, which inhibit in the same places.</summary>
internal static class NearSynonyms
{
    /// <summary>For each concept the one in whose favour it is dropped, by place; null where it is kept. Of near ones that with the largest scale is kept, of equal ones the first.</summary>
    /// <param name="concepts">The concepts.</param>
    /// <param name="scales">Their scales; one of 0 is neither dropped nor kept.</param>
    /// <param name="threshold">Below this distance two are near; the same states are near in any case.</param>
    public static (int Place, float Distance)?[] Find(IReadOnlyList<EncodedConcept> concepts, IReadOnlyList<float> scales, float threshold)
    {
        (int, float)?[] dropped = new (int, float)?[concepts.Count];
        List<int> kept = [];
        foreach (int place in Enumerable.Range(0, concepts.Count).Where(place => scales[place] > 0).OrderByDescending(place => scales[place]))
        {
            foreach (int other in kept)
            {
                float distance = concepts[place].DistanceTo(concepts[other]);
                bool isSame = concepts[place].States.Values.SequenceEqual(concepts[other].States.Values);
                if (!isSame && !(distance < threshold)) continue;
                dropped[place] = (other, isSame ? 0 : distance);
                break;
            }
            if (dropped[place] is null) kept.Add(place);
        }
        return dropped;
    }
}
