using SafeDiffusion.Core.Imaging;

namespace SafeDiffusion.Imaging;

/// <summary>Formula layer: where a contact sheet puts its pictures.</summary>
public sealed class ContactSheetTests
{
    private static readonly RgbColor _gap = new(9, 9, 9);

    [Fact]
    public void LaysTwoPicturesSideBySide()
    {
        RgbImage sheet = ContactSheet.Compose([Filled(2, 2, 1), Filled(2, 2, 2)], columns: 2, gap: 1, _gap);
        Assert.Equal("""
            11 22
            11 22
            """, Drawn(sheet));
    }

    [Fact]
    public void CellsFitTheLargestAndTheLastRowMayBeShort()
    {
        RgbImage sheet = ContactSheet.Compose([Filled(3, 1, 1), Filled(1, 3, 2), Filled(1, 1, 3)], columns: 2, gap: 1, _gap);
        Assert.Equal("""
                2
            111 2
                2
                 
             3   
            """, Drawn(sheet));
    }

    [Fact]
    public void MoreColumnsThanPicturesAreNotDrawn() =>
        Assert.Equal("1", Drawn(ContactSheet.Compose([Filled(1, 1, 1)], columns: 5, gap: 3)));

    [Fact]
    public void RefusesWhatIsNoSheet()
    {
        Assert.Throws<ArgumentException>(() => ContactSheet.Compose([], 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => ContactSheet.Compose([Filled(1, 1, 1)], 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => ContactSheet.Compose([Filled(1, 1, 1)], 1, gap: -1));
        Assert.Throws<ArgumentException>(() => ContactSheet.Compose([Filled(1, 1, 1), Filled(1, 1, 1)], 1, gap: int.MaxValue));
    }

    private static RgbImage Filled(int width, int height, byte value) => new(width, height, Enumerable.Repeat(value, width * height * 3).ToArray());

    private static string Drawn(RgbImage sheet) => string.Join('\n', Enumerable.Range(0, sheet.Height).Select(y =>
        string.Concat(Enumerable.Range(0, sheet.Width).Select(x => sheet[x, y] == _gap ? ' ' : (char)('0' + sheet[x, y].Green)))));
}
