using SafeDiffusion.Core.Files;
using Spectre.Console.Rendering;

namespace SafeDiffusion.Cli.Output;

/// <summary>Lets no character through that a terminal would obey or hide, wherever a text came from; the console's own control codes pass.</summary>
internal sealed class VisibleOutput : IRenderHook
{
    public IEnumerable<IRenderable> Process(RenderOptions options, IEnumerable<IRenderable> renderables) => renderables.Select(renderable => new Shown(renderable));

    private sealed class Shown(IRenderable inner) : IRenderable
    {
        public Measurement Measure(RenderOptions options, int maxWidth) => inner.Measure(options, maxWidth);

        public IEnumerable<Segment> Render(RenderOptions options, int maxWidth) => inner.Render(options, maxWidth).Select(Visible);

        private static Segment Visible(Segment segment)
        {
            if (segment.IsControlCode || segment.IsLineBreak) return segment;
            string text = VisibleText.OfLines(segment.Text);
            return text == segment.Text ? segment : new Segment(text, segment.Style);
        }
    }
}
