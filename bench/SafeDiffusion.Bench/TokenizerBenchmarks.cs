using BenchmarkDotNet.Attributes;
using SafeDiffusion.Model.Loading;
using SafeDiffusion.Model.Text;

namespace SafeDiffusion.Bench;

/// <summary>The CLIP tokenizer with the shapes model's vocabulary.</summary>
[MemoryDiagnoser]
public class TokenizerBenchmarks
{
    private LoadedModel? _model;
    private ITextTokenizer? _tokenizer;

    [Params("a blue circle and a red triangle on a gray background", "Ünïcödé ﬁ 東京 & \"punctuation\", 1234!")]
    public string Text { get; set; } = "";

    [GlobalSetup]
    public void Load()
    {
        _model = ShapesModel.Load();
        _tokenizer = _model.TextEncoder.Tokenizer;
    }

    [Benchmark]
    public TokenizedText Encode() => _tokenizer!.Encode(Text);

    [GlobalCleanup]
    public void Unload() => _model?.Dispose();
}
