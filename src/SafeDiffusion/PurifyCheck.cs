using SafeDiffusion.Core.Errors;
using SafeDiffusion.Core.Imaging;
using SafeDiffusion.Detection;
using SafeDiffusion.Generation;
using SafeDiffusion.Model;
using SafeDiffusion.Model.Loading;
using SafeDiffusion.Protections;
using static SafeDiffusion.RequestCheck;

namespace SafeDiffusion;

/// <summary>Checks purifications, and makes orders of them.</summary>
internal static class PurifyCheck
{
    /// <summary>The picture as the model can take it, and what is then asked for as of any picture.</summary>
    /// <exception cref="InvalidRequestException">A field is missing or out of range, or does not fit the model or the policy.</exception>
    public static (PaddedPicture Picture, GenerationRequest Request) Resolve(PurifyRequest request, LoadedModel model)
    {
        Require(request.Image is not null, "image", "is null.");
        Require(request.Policy is not null, "policy", "is null.");
        Require(
            request.Policy.Protections.Any(protection => protection is not Observer), "policy",
            "has no protection that acts, so that nothing would be cleaned. Add one, such as detect-and-guide with a guideline.");
        Require(Enum.IsDefined(request.Region), "region", "must be auto, detected or everywhere.");
        Require(request.Region != PurifyRegion.Detected || request.Policy.Requirements.Assets.Any(required => required.Asset is Guideline), "region", "is where something is detected, but no protection of the policy has a guideline.");
        Require(request.Dilation is >= 0 and <= PurifyRequest.MaxDilation, "dilation", $"must be from 0 to {PurifyRequest.MaxDilation}, and is {request.Dilation}.");
        Require(request.InversionText is not null, "inversionText", "is null; the empty text is the null text.");
        PaddedPicture picture = Pad(request.Image, model.Description);
        GenerationRequest asked = new(request.Prompt)
        {
            Policy = request.Policy,
            Seed = request.Seed,
            Steps = request.Steps,
            GuidanceScale = request.GuidanceScale,
            InitialImage = picture.Image,
            InitialImageInversion = request.InversionText,
            Strength = request.Strength,
        };
        RequireBounded([asked]);
        return (picture, asked);
    }

    private static PaddedPicture Pad(RgbImage image, ModelDescription model)
    {
        if (!model.HasFixedSize) return new PaddedPicture(image, Up(image.Width), Up(image.Height));
        Require(
            image.Width <= model.Width && image.Height <= model.Height, "image",
            $"is {image.Width}x{image.Height}, but this model's graph was exported for {model.Width}x{model.Height} only. Scale it down first (RgbImage.FitTo).");
        return new PaddedPicture(image, model.Width, model.Height);

        int Up(int size) => (size + model.SizeMultiple - 1) / model.SizeMultiple * model.SizeMultiple;
    }
}
