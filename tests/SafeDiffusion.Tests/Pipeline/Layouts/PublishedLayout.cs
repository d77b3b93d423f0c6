using SafeDiffusion.Fixtures.Onnx;
using SafeDiffusion.Instrumentation.Onnx;

namespace SafeDiffusion.Pipeline.Layouts;

/// <summary>A folder as somebody publishes it, imitated with the shapes model.</summary>
/// <param name="Name">What the table calls it.</param>
/// <param name="Tolerance">How far its latents may be from the plain folder's: two orders of additions, or half precision.</param>
/// <param name="Change">Makes it of a copy of the shapes model, and gives the folder to load.</param>
internal sealed record PublishedLayout(string Name, float Tolerance, Func<ModelVariant, string> Change)
{
    private const float Same = 1e-4f;
    private const float Half = 0.1f;
    private static readonly string[] _networks = ["text_encoder", "unet", "vae_decoder", "vae_encoder"];

    private const string Pndm = """
        { "_class_name": "PNDMScheduler", "_diffusers_version": "0.6.0", "beta_end": 0.012, "beta_schedule": "scaled_linear", "beta_start": 0.00085,
          "clip_sample": false, "num_train_timesteps": 1000, "set_alpha_to_one": false, "skip_prk_steps": true, "steps_offset": 1, "trained_betas": null }
        """;

    public static IReadOnlyList<PublishedLayout> All { get; } =
    [
        new("CompVis v1-4, branch `onnx`: `weights.pb`, PNDM, safety checker, no `config.json`", Same, variant => WithChecker(AllAxesNamed(variant.External("unet", "weights.pb")))),
        new("onnx-community v1-5: `weights.pb`, PNDM, safety checker, `config.json`", Same, variant => WithChecker(variant.External("unet", "weights.pb"))),
        new("diffusers' script: all axes named, no `config.json`", Same, variant => AllAxesNamed(variant).Path),
        new("Optimum: `model.onnx_data`, own names of axes", Same, Optimum),
        new("float16 throughout, no safety checker", Half, variant => _networks.Aggregate(variant, (halved, network) => halved.Edit(network, GraphExport.Halve)).Path),
        new("Olive, fused for CUDA", Same, variant =>
        {
            variant.EditModel("unet", GraphExport.FuseForCuda);
            return variant.Path;
        }),
        new("flat files (`unet.onnx`, …), batch of 2 and size fixed", Same, Flat),
        new("a hub's cache: links to blobs", Same, HubCache),
    ];

    public override string ToString() => Name;

    private static ModelVariant AllAxesNamed(ModelVariant variant)
    {
        foreach (string network in _networks) File.Delete(variant.File($"{network}/config.json"));
        File.WriteAllText(variant.File("scheduler/scheduler_config.json"), Pndm);
        string[] axes = ["batch", "channels", "height", "width"];
        return variant
            .Edit("unet", graph =>
            {
                GraphExport.NameAxes(graph, "sample", axes);
                GraphExport.NameAxes(graph, "encoder_hidden_states", "batch", "sequence", "hidden");
                GraphExport.NameAxes(graph, "out_sample", axes);
            })
            .Edit("text_encoder", graph => GraphExport.NameAxes(graph, "last_hidden_state", "batch", "sequence", "hidden"))
            .Edit("vae_decoder", graph => GraphExport.NameAxes(graph, "latent_sample", axes))
            .Edit("vae_encoder", graph => GraphExport.NameAxes(graph, "sample", axes));
    }

    private static string WithChecker(ModelVariant variant)
    {
        File.WriteAllText(variant.File("scheduler/scheduler_config.json"), Pndm);
        Directory.CreateDirectory(variant.File("feature_extractor"));
        File.WriteAllText(variant.File("feature_extractor/preprocessor_config.json"), """{ "crop_size": 224, "do_center_crop": true, "feature_extractor_type": "CLIPFeatureExtractor", "size": 224 }""");
        TinyGraph checker = new TinyGraph().Input("clip_input", OnnxElementType.Float32, -1, 3, 224, 224).Input("images", OnnxElementType.Float32, -1, -1, -1, 3);
        string flagged = checker.Node("Greater", [checker.Mean("clip_input", 1, 2, 3), checker.Floats([100])]);
        checker.Output("out_images", OnnxElementType.Float32, "images", -1, -1, -1, 3).Output("has_nsfw_concepts", OnnxElementType.Boolean, flagged, -1).Save(variant.File("safety_checker/model.onnx"));
        return variant.Path;
    }

    private static string Optimum(ModelVariant variant) => variant.External("unet", "model.onnx_data").Edit("unet", graph =>
    {
        GraphExport.NameAxes(graph, "sample", "batch_size", "num_channels", "height", "width");
        GraphExport.NameAxes(graph, "timestep", "steps");
        GraphExport.NameAxes(graph, "encoder_hidden_states", "batch_size", "sequence_length", "cross_dim");
    }).Path;

    private static string Flat(ModelVariant variant)
    {
        variant
            .Edit("unet", graph =>
            {
                GraphExport.FixAxes(graph, "sample", 2, 4, 16, 16);
                GraphExport.FixAxes(graph, "timestep", 2);
                GraphExport.FixAxes(graph, "encoder_hidden_states", 2, 24, 64);
                GraphExport.FixAxes(graph, "out_sample", 2, 4, 16, 16);
            })
            .Edit("text_encoder", graph => GraphExport.FixAxes(graph, "input_ids", 2, 24))
            .Edit("vae_decoder", graph => GraphExport.FixAxes(graph, "latent_sample", 2, 4, 16, 16))
            .Edit("vae_encoder", graph => GraphExport.FixAxes(graph, "sample", 2, 3, 64, 64));
        foreach (string network in _networks) File.Move(variant.File($"{network}/model.onnx"), variant.File($"{network}.onnx"));
        foreach (string network in _networks) Directory.Delete(variant.File(network), recursive: true);
        foreach (string folder in new[] { "tokenizer", "scheduler" })
        {
            foreach (string file in Directory.GetFiles(variant.File(folder))) File.Move(file, variant.File(Path.GetFileName(file)));
            Directory.Delete(variant.File(folder));
        }
        return variant.Path;
    }

    /// <summary>Every file is a relative link into one folder of files that are named by their content.</summary>
    private static string HubCache(ModelVariant variant)
    {
        variant.External("unet", "weights.pb").External("text_encoder", "model.onnx_data");
        string blobs = Directory.CreateDirectory(variant.File("hub/blobs")).FullName;
        foreach ((int index, string file) in Directory.GetFiles(variant.Path, "*", SearchOption.AllDirectories).Index())
        {
            string link = variant.File($"hub/snapshots/revision/{Path.GetRelativePath(variant.Path, file)}");
            string blob = Path.Combine(blobs, $"blob{index}");
            Directory.CreateDirectory(Path.GetDirectoryName(link)!);
            File.Move(file, blob);
            File.CreateSymbolicLink(link, Path.GetRelativePath(Path.GetDirectoryName(link)!, blob));
        }
        return variant.File("hub/snapshots/revision");
    }
}
