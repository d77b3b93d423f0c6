using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Fixtures;
using SafeDiffusion.Networks;

namespace SafeDiffusion.Checking;

/// <summary>Formula layer: the preprocessor_config.json of published folders, old and new.</summary>
public sealed class PreprocessorConfigTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("{}")]
    [InlineData("""
        {
          "crop_size": 224, "do_center_crop": true, "do_convert_rgb": true, "do_normalize": true, "do_resize": true,
          "feature_extractor_type": "CLIPFeatureExtractor", "image_mean": [0.48145466, 0.4578275, 0.40821073],
          "image_std": [0.26862954, 0.26130258, 0.27577711], "resample": 3, "size": 224
        }
        """)]
    [InlineData("""
        {
          "crop_size": {"height": 224, "width": 224}, "do_rescale": true, "rescale_factor": 0.00392156862745098, "size": {"shortest_edge": 224},
          "image_processor_type": "CLIPImageProcessor", "resample": 3, "image_std": null, "_valid_processor_keys": ["images"]
        }
        """)]
    public void StableDiffusionsAreClips(string json) => Assert.Equal(Comparable(ImageInput.Clip), Comparable(Load(json)));

    [Fact]
    public void EveryFieldIsRead()
    {
        ImageInput input = Load("""{"do_center_crop": false, "size": {"height": 336, "width": 320}, "resample": 2, "do_rescale": false, "image_mean": [1, 2, 3], "image_std": [4, 5, 6]}""");
        Assert.Equal((336, 320, ImageResize.Stretch, ImageFilter.Bilinear, ImageScale.Raw), (input.Height, input.Width, input.Resize, input.Filter, input.Scale));
        Assert.Equal([1, 2, 3, 4, 5, 6], [.. input.Mean, .. input.Std]);
        Assert.Equal([0, 0, 0, 1, 1, 1], [.. Load("""{"do_normalize": false}""").Mean, .. Load("""{"do_normalize": false}""").Std]);
        Assert.Equal(336, Load("""{"size": 336, "crop_size": 336}""").Width);
    }

    [Fact]
    public void WhatCannotBeDoneIsNamedAtOnce()
    {
        InvalidFileException error = Assert.Throws<InvalidFileException>(() => Load("""
            {"size": 256, "crop_size": 224, "do_resize": false, "resample": 1, "rescale_factor": 1, "image_mean": [NaN, 0, 0], "do_normalize": "yes"}
            """));
        Assert.Equal(_folder.File("preprocessor_config.json"), error.File);
        foreach (string field in (string[])["size", "do_resize", "resample", "rescale_factor", "image_mean", "do_normalize"])
            Assert.Contains($"\"{field}\" is ", error.Reason, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static (int, int, ImageResize, ImageFilter, ImageScale, string) Comparable(ImageInput input) =>
        (input.Width, input.Height, input.Resize, input.Filter, input.Scale, string.Join(' ', [.. input.Mean, .. input.Std]));

    private ImageInput Load(string json)
    {
        File.WriteAllText(_folder.File("preprocessor_config.json"), json);
        return PreprocessorConfig.Load(_folder.File("preprocessor_config.json"));
    }
}
