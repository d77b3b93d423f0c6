using SafeDiffusion.Model.Text;

namespace SafeDiffusion.TextEncoding;

/// <summary>Formula layer: which syntax of other tools is told of.</summary>
public sealed class PromptSyntaxTests
{
    [Theory]
    [InlineData("a (red:1.3) triangle BREAK <lora:foo:0.8>", "(red:1.3)", "BREAK", "<lora:foo:0.8>")]
    [InlineData("(red triangle : 2)", "(red triangle : 2)")]
    [InlineData("(red:-0.5), (red:.5), (red:.5)", "(red:-0.5)", "(red:.5)")]
    [InlineData("((red:1.2))", "(red:1.2)")]
    [InlineData("<LoRA:foo:1><hypernet:x:1>", "<LoRA:foo:1>", "<hypernet:x:1>")]
    [InlineData("(a:1) (b:1) (c:1) (d:1)", "(a:1)", "(b:1)", "(c:1)")]
    [InlineData("((red)) [blue] {a|b}")]
    [InlineData("a clock (at 12:30 sharp)")]
    [InlineData("a breakfast, daybreak, BREAKING")]
    [InlineData("<lora> (red:) (:1.3) <a:b>")]
    [InlineData("")]
    public void WeightsBreaksAndTagsAreFound(string text, params string[] expected) => Assert.Equal(expected, PromptSyntax.Find(text));

    [Fact]
    public void ControlCharactersAreNeverShown() => Assert.Empty(PromptSyntax.Find("(red\u001b[31m:1.3) <lora:\u202e:1>"));
}
