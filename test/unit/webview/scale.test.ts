import assert from 'node:assert/strict';
import { paletteFrom } from '../../../webview/plots/palette.ts';
import { divergingScale, magnitudeScale, parseColor, type Rgb } from '../../../webview/plots/scale.ts';
import { themeFacts, themes } from '../../browser/theme.ts';

/** WCAG 2.2: relative luminance and contrast ratio. */
function luminance(rgb: Rgb): number {
  const [r, g, b] = rgb.map((value) => {
    const channel = value / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
const contrast = (a: Rgb, b: Rgb) => {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
};

describe('the scale of magnitudes', () => {
  for (const theme of themes) {
    const { variables, bodyClass } = themeFacts(theme);
    const palette = paletteFrom((name) => variables[name] ?? '', bodyClass.split(' '));

    for (const hue of ['warm', 'cool'] as const) {
      describe(`${theme}, ${hue}`, () => {
        const scale = magnitudeScale(palette, hue, 12);
        const tenths = Array.from({ length: 11 }, (_, i) => scale((i / 10) * 12));

        it('zero, and less, is the background', () => {
          const background = parseColor(variables['--vscode-editor-background']);
          assert.deepEqual([scale(0).fill, scale(-1).fill], [background, background]);
        });

        it('neighbouring tenths differ by 1.15:1, the top from the background by 3:1', () => {
          for (let i = 0; i < 10; i++) {
            const ratio = contrast(tenths[i].fill, tenths[i + 1].fill);
            assert.ok(ratio >= 1.15, `${i} and ${i + 1}: ${ratio}`);
          }
          assert.ok(contrast(tenths[10].fill, tenths[0].fill) >= 3);
          assert.deepEqual(scale(99), tenths[10]);
        });

        // In high contrast no text stands on the scale: tokens have lines under them.
        if (!palette.highContrast) {
          it('text on every step can be read: 4.5:1', () => {
            for (let step = 0; step <= 1000; step++) {
              const { fill, text } = scale((step / 1000) * 12);
              const ratio = contrast(fill, text);
              assert.ok(ratio >= 4.5, `${step} thousandths: ${ratio}`);
            }
          });
        }
      });
    }

    it(`${theme}: differences above and below 0 are of two hues`, () => {
      const scale = divergingScale(palette, 1);
      for (const step of [0.3, 1]) {
        const [above, below] = [scale(step).fill, scale(-step).fill];
        assert.ok(above[2] > above[0] && below[0] > below[2], `${above} above, ${below} below`);
      }
    });

    if (palette.highContrast) {
      it(`${theme}: text without a tint has 7:1`, () => {
        assert.ok(contrast(palette.background, palette.foreground) >= 7);
      });
    }
  }
});
