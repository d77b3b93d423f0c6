using SafeDiffusion.Core.Errors;

namespace SafeDiffusion.Evaluation.Settings;

/// <summary>Formula layer: a field that is wrong is named by its path, in the error that the check was given.</summary>
public sealed class FieldCheckTests
{
    private static readonly FieldCheck _check = FieldCheck.OfRequest("judges[0]");

    public static TheoryData<double, bool> Numbers => new() { { 0.5, true }, { 1, true }, { 0, false }, { double.NaN, false }, { double.PositiveInfinity, false } };

    [Fact]
    public void PathsBeginAtTheRoot()
    {
        Assert.Equal("judges[0].labelsFile", _check.PathOf("LabelsFile"));
        Assert.Equal("judges[0].input.width", _check.Below("Input").PathOf("width"));
        Assert.Equal("steps", new FieldCheck("", (path, _) => new ArgumentException(path)).PathOf("Steps"));
    }

    [Fact]
    public void TheErrorIsTheOneAskedFor()
    {
        FieldCheck check = new("a", (path, reason) => new ArgumentException($"{path} {reason}"));
        Assert.Equal("a.b is odd.", Assert.Throws<ArgumentException>(() => check.Require(false, "B", "is odd.")).Message);
    }

    [Theory]
    [MemberData(nameof(Numbers))]
    public void NumbersAreChecked(double value, bool isRight)
    {
        Holds(isRight, () => _check.RequirePositive(value, "x"));
        Holds(isRight, () => _check.RequireAtLeast(value, 0.5, "x"));
        Holds(isRight, () => _check.RequireRange(value, 0.5, 1, "x"));
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData(" ", false)]
    [InlineData(null, false)]
    public void TextsAreChecked(string? value, bool isRight) => Holds(isRight, () => _check.RequireText(value, "x"));

    [Fact]
    public void ItemsAreCheckedBelowTheirPlace()
    {
        Assert.Equal("judges[0].concepts", Field(() => _check.RequireItems<string>([], "Concepts", (_, _) => { })));
        Assert.Equal("judges[0].concepts[1]", Field(() => _check.RequireItems<string>(["a", null], "Concepts", (_, _) => { })));
        Assert.Equal("judges[0].concepts[1].text", Field(() => _check.RequireItems<string>(["a", ""], "Concepts", (item, check) => check.RequireText(item, "Text"))));
    }

    private static string Field(Action check) => Assert.Throws<InvalidRequestException>(check).Field;

    private static void Holds(bool isRight, Action check)
    {
        if (isRight) check();
        else Assert.Equal("judges[0].x", Field(check));
    }
}
