using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Files;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Instrumentation.Tests;

/// <summary>Graph: reading model files, and refusing those that are damaged or reach out of their folder.</summary>
public sealed class ModelFileTests
{
    [Theory]
    [InlineData("legacy14-merged", "PyTorch 2.13.0 TorchScript")]
    [InlineData("legacy17-sdpa", "PyTorch 2.13.0 TorchScript")]
    [InlineData("optimum", "PyTorch 2.13.0 TorchScript, probably by optimum")]
    [InlineData("fp16-io32", "PyTorch 2.13.0 TorchScript, then the ONNX Runtime float16 tool")]
    [InlineData("fused-mha", "ONNX Runtime transformer tool 1.31.1")]
    [InlineData("dynamo18", "PyTorch 2.13.0+cpu torch.export (dynamo)")]
    [InlineData("attention23", "PyTorch 2.13.0+cpu torch.export (dynamo)")]
    public void Exporter_is_recognised(string name, string exporter) =>
        Assert.Equal(exporter, OnnxModelFile.Load(GraphFixtures.Model(name)).Exporter);

    [Fact]
    public void Description_holds_what_the_file_says()
    {
        OnnxModelFile model = OnnxModelFile.Load(GraphFixtures.Model("legacy17-sdpa"));
        Assert.Equal(["sample", "timestep", "encoder_hidden_states"], model.Inputs.Select(input => input.Name));
        Assert.Equal("sample float32 [batch, channels, height, width]", model.Inputs[0].ToString());
        Assert.Equal([], model.Inputs[1].Dimensions!);
        Assert.Equal(OnnxElementType.Int64, model.Inputs[1].ElementType);
        Assert.Equal("out_sample", Assert.Single(model.Outputs).Name);
        Assert.Equal(17, model.Opsets["ai.onnx"]);
        Assert.Equal(["weights.pb"], model.ExternalDataFiles);
        Assert.Equal(model.NodeCount, model.OperatorCounts.Values.Sum());
    }

    [Theory]
    [InlineData("climbing-path", "'../secret.bin'", "outside the model's folder")]
    [InlineData("absolute-path", "'/secret/weights.bin'", "absolute path")]
    [InlineData("absolute-path-windows", "'C:\\secret\\weights.bin'", "absolute path")]
    [InlineData("missing-external-data", "'weights.pb' is missing beside model.onnx", "tensor '")]
    [InlineData("external-data-too-short", "tensor '479'", "has only 189696 bytes")]
    [InlineData("truncated", "damaged or incomplete", "model.onnx")]
    [InlineData("empty", "is empty", "model.onnx")]
    [InlineData("git-lfs-pointer", "git lfs pull", "pointer")]
    [InlineData("random-bytes", "is not an ONNX model", "model.onnx")]
    public void A_bad_file_is_refused_with_its_reason(string name, string first, string second)
    {
        InvalidFileException error = Assert.Throws<InvalidFileException>(() => OnnxModelFile.Load(GraphFixtures.Negative(name)));
        Assert.Contains(first, error.Message, StringComparison.Ordinal);
        Assert.Contains(second, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_is_refused() =>
        Assert.Contains("no such file", Assert.Throws<InvalidFileException>(() => OnnxModelFile.Load("/nowhere/model.onnx")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_link_that_leads_out_of_the_folder_is_refused()
    {
        string folder = Directory.CreateTempSubdirectory("safediffusion-").FullName;
        try
        {
            string source = Path.GetDirectoryName(GraphFixtures.Model("legacy17-sdpa"))!;
            string inside = Directory.CreateDirectory(Path.Combine(folder, "unet")).FullName;
            File.Copy(Path.Combine(source, "model.onnx"), Path.Combine(inside, "model.onnx"));
            File.Copy(Path.Combine(source, "weights.pb"), Path.Combine(folder, "elsewhere.bin"));
            File.CreateSymbolicLink(Path.Combine(inside, "weights.pb"), Path.Combine(folder, "elsewhere.bin"));
            Assert.Contains("through a link", Assert.Throws<InvalidFileException>(() => OnnxModelFile.Load(Path.Combine(inside, "model.onnx"))).Message, StringComparison.Ordinal);

            File.Delete(Path.Combine(inside, "weights.pb"));
            File.Move(Path.Combine(folder, "elsewhere.bin"), Path.Combine(inside, "other.bin"));
            File.CreateSymbolicLink(Path.Combine(inside, "weights.pb"), "other.bin");
            Assert.Equal(["weights.pb"], OnnxModelFile.Load(Path.Combine(inside, "model.onnx")).ExternalDataFiles);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>A hub's cache: model and weights are links into one folder. What leads anywhere else is refused all the same.</summary>
    [Fact]
    public void Data_beside_the_file_that_a_linked_model_leads_to_is_read()
    {
        string folder = Directory.CreateTempSubdirectory("safediffusion-").FullName;
        try
        {
            string source = Path.GetDirectoryName(GraphFixtures.Model("legacy17-sdpa"))!;
            string blobs = Directory.CreateDirectory(Path.Combine(folder, "blobs")).FullName;
            string unet = Directory.CreateDirectory(Path.Combine(folder, "snapshot", "unet")).FullName;
            string model = Path.Combine(unet, "model.onnx"), weights = Path.Combine(unet, "weights.pb");
            File.Copy(Path.Combine(source, "model.onnx"), Path.Combine(blobs, "one"));
            File.Copy(Path.Combine(source, "weights.pb"), Path.Combine(blobs, "two"));
            Link(model, "../../blobs/one");
            Link(weights, "../../blobs/two");
            OnnxModelFile linked = OnnxModelFile.Load(model);
            Assert.True(linked.IsLink);
            Assert.Equal(RealPath.Of(blobs), linked.ForSession().DataFolder);
            Assert.Equal([RealPath.Of(Path.Combine(blobs, "two"))], linked.ExternalDataPaths);
            Assert.Equal(WeightsHash.Compute([OnnxModelFile.Load(GraphFixtures.Model("legacy17-sdpa"))]), WeightsHash.Compute([linked]));
            UNetInstrumentation.Instrument(linked, Additions.AttentionFeatures.All);

            string deeper = Directory.CreateDirectory(Path.Combine(blobs, "deeper")).FullName, secret = Path.Combine(folder, "secret");
            File.Copy(Path.Combine(blobs, "two"), Path.Combine(deeper, "two"));
            File.Copy(Path.Combine(blobs, "two"), secret);
            Refused("../../blobs/deeper/two");
            Refused("../../secret");
            Refused(secret);
            Link(Path.Combine(blobs, "chain"), "../secret");
            Refused("../../blobs/chain");

            File.Delete(model);
            File.Copy(Path.Combine(blobs, "one"), model);
            Refused("../../blobs/two");

            void Refused(string target)
            {
                Link(weights, target);
                string message = Assert.Throws<InvalidFileException>(() => OnnxModelFile.Load(model)).Message;
                Assert.Contains("leads outside the model's folder through a link", message, StringComparison.Ordinal);
                Assert.Contains("cp -rL", message, StringComparison.Ordinal);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        static void Link(string path, string target)
        {
            File.Delete(path);
            File.CreateSymbolicLink(path, target);
        }
    }
}
