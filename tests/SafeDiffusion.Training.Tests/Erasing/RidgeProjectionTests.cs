using System.Text.Json;
using MathNet.Numerics.LinearAlgebra;
using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Tensors;
using SafeDiffusion.Fixtures;

namespace SafeDiffusion.Training.Erasing;

/// <summary>Formula layer: the closed forms against SciPy's, whose results agree with the authors' function.</summary>
public sealed class RidgeProjectionTests
{
    private static readonly SafeTensorsFile _file = SafeTensorsFile.Load(Fixture.Locate("numerics", "trce.safetensors"));
    private static readonly JsonElement _cases = JsonDocument.Parse(_file.Metadata["cases"]).RootElement;

    [Theory]
    [InlineData("plain")]
    [InlineData("two_erasures_stacked")]
    [InlineData("few_preservation_needs_lambda")]
    [InlineData("no_preservation_uce_like")]
    [InlineData("ill_conditioned")]
    public void TheMatrixIsSciPys(string name)
    {
        SolvedProjection solved = Solve(name);
        Matrix<double> expected = Read($"{name}/P");
        double condition = _cases.GetProperty(name).GetProperty("condition_number").GetDouble();
        // The condition number itself is known to about its own size times the rounding error.
        Assert.Equal(1, solved.Condition / condition, Math.Max(1e-9, 1e-14 * condition));
        Assert.True((solved.Matrix - expected).Enumerate().Max(Math.Abs) <= 1e-12 * condition * expected.Enumerate().Max(Math.Abs));
    }

    /// <summary>Every K and V shares the one matrix: <c>W' = W P</c> is the edited weight of the paper's first formula.</summary>
    [Fact]
    public void AWeightTimesTheMatrixIsTheEditedWeight()
    {
        Matrix<double> edited = Read("plain/W0_edited");
        Assert.True((Read("plain/W0") * Solve("plain").Matrix - edited).Enumerate().Max(Math.Abs) <= 1e-12 * 3409 * edited.Enumerate().Max(Math.Abs));
    }

    [Theory]
    [InlineData("singular")]
    [InlineData("singular_repeated")]
    public void ASingularProblemIsRefusedWithAdvice(string name)
    {
        InvalidRequestException error = Assert.Throws<InvalidRequestException>(() => Solve(name));
        Assert.Equal("ridge", error.Field);
        Assert.Contains("Raise the ridge", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TheNullSpaceFormLeavesTheLeadingSubspaceAlone()
    {
        Matrix<double> concept = Read("plain/e_m");
        Matrix<double> safe = Read("plain/e_s");
        // Six states span a subspace of six dimensions, of which the whole is kept.
        Matrix<double> preserved = Read("singular/e_k");
        SolvedProjection solved = RidgeProjection.SolveInNullSpace(concept, safe, preserved, 1e-9, 1e-6);
        Assert.Equal(6, solved.Rank);
        Assert.True((preserved * solved.Matrix.Transpose() - preserved).Enumerate().Max(Math.Abs) < 1e-9);
        double before = (concept - safe).L2Norm();
        Assert.True((concept * solved.Matrix.Transpose() - safe).L2Norm() < 0.5 * before);
    }

    [Fact]
    public void StatesThatFillTheSpaceLeaveNoDirection() =>
        Assert.Contains("no direction", Assert.Throws<InvalidRequestException>(() => RidgeProjection.SolveInNullSpace(Read("plain/e_m"), Read("plain/e_s"), Read("plain/e_k"), 1e-9, 1e-6)).Message, StringComparison.Ordinal);

    private static SolvedProjection Solve(string name)
    {
        JsonElement settings = _cases.GetProperty(name);
        Matrix<double>? preserved = _file.Tensors.TryGetValue($"{name}/e_k", out StoredTensor? kept) && kept.Count > 0 ? Read($"{name}/e_k") : null;
        return RidgeProjection.Solve(Read($"{name}/e_m"), Read($"{name}/e_s"), preserved, settings.GetProperty("eta").GetDouble(), settings.GetProperty("lambda").GetDouble());
    }

    private static Matrix<double> Read(string name)
    {
        StoredTensor tensor = _file.Get(name, [-1, -1]);
        return Matrix<double>.Build.DenseOfRowMajor((int)tensor.Shape[0], (int)tensor.Shape[1], tensor.Type == ElementType.F64 ? tensor.ToDoubles() : tensor.ToSingles().Select(value => (double)value));
    }
}
