// Writes the pictures of this folder and, beside each, the pixels that libvips reads from it, upright and over white, as PNG.
// npm install sharp@0.35.5 && node make.mjs
import sharp from 'sharp';

const [width, height] = [23, 17];

// Smooth colours with a disc in them; no side is a multiple of a JPEG's block, and no two corners are alike.
function pixels(channels) {
  const bytes = Buffer.alloc(width * height * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const disc = Math.min(1, Math.max(0, 5.5 - Math.hypot(x - 8, y - 7)));
      const colour = [40 + 8 * x, 220 - 9 * y, 60 + 3 * x + 4 * y].map(level => level * (1 - disc) + 120 * disc);
      [...colour, 255 * (x / (width - 1))].slice(0, channels).forEach((level, c) => { bytes[(y * width + x) * channels + c] = level; });
    }
  }
  return sharp(bytes, { raw: { width, height, channels } });
}

async function write(name, picture) {
  await picture.toFile(name);
  await sharp(name).autoOrient().flatten({ background: 'white' }).toColourspace('srgb').png({ palette: false }).toFile(`${name}.png`);
}

const jpeg = { quality: 92, chromaSubsampling: '4:4:4', progressive: false, optimiseCoding: false, mozjpeg: false };
await write('baseline.jpg', pixels(3).jpeg(jpeg));
await write('subsampled.jpg', pixels(3).jpeg({ ...jpeg, chromaSubsampling: '4:2:0' }));
await write('progressive.jpg', pixels(3).jpeg({ ...jpeg, progressive: true }));
await write('gray.jpg', pixels(3).toColourspace('b-w').jpeg(jpeg));
for (let orientation = 2; orientation <= 8; orientation++) {
  await write(`orientation-${orientation}.jpg`, pixels(3).jpeg(jpeg).withMetadata({ orientation }));
}
await write('lossy.webp', pixels(3).webp({ quality: 90 }));
await write('lossless.webp', pixels(3).webp({ lossless: true }));
await write('alpha-lossy.webp', pixels(4).webp({ quality: 90 }));
await write('alpha-lossless.webp', pixels(4).webp({ lossless: true, exact: true }));
await write('orientation-6.webp', pixels(3).webp({ lossless: true }).withMetadata({ orientation: 6 }));
await sharp(await Promise.all([3, 3].map((channels, i) => pixels(channels).negate(i === 1).png().toBuffer())), { join: { animated: true } })
  .webp({ lossless: true }).toFile('animated.webp');
