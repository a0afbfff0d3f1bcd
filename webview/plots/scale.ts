/** Colour scales. Magnitudes only; each is perceptually even and keeps text on it readable in the theme at hand. */
import { scaleSequential } from 'd3-scale';
import { interpolateYlGnBu } from 'd3-scale-chromatic';

export type Rgb = [number, number, number];

/** What of the theme the scales need. Colours are sRGB, 0…255. */
export interface Palette {
  background: Rgb;
  foreground: Rgb;
  /** Tint of surprisal. */
  warm: Rgb;
  /** Tint of attention. */
  cool: Rgb;
  /** The ring around what is chosen. */
  focus: Rgb;
  /** Font family of the page. */
  font: string;
  dark: boolean;
  highContrast: boolean;
}

/** Above WCAG's 4.5:1 by what rounding to whole colour steps may cost. */
const READABLE = 4.6;

/** Reads `#rgb`, `#rrggbb(aa)` and `rgb(a)(…)`; alpha is laid over `under`. Null where it is no colour. */
export function parseColor(text: string, under: Rgb = [0, 0, 0]): Rgb | null {
  const value = text.trim();
  let channels: number[];
  if (/^#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})$/i.test(value)) {
    const digits = value.length <= 5 ? [...value.slice(1)].map((d) => d + d).join('') : value.slice(1);
    channels = digits.match(/../g)!.map((pair) => Number.parseInt(pair, 16));
    if (channels.length === 4) channels[3] /= 255;
  } else {
    const inside = /^rgba?\(([^)]+)\)$/i.exec(value);
    if (!inside) return null;
    channels = inside[1].split(/[\s,/]+/).map(Number);
    if (channels.length < 3 || channels.some(Number.isNaN)) return null;
  }
  const alpha = channels[3] ?? 1;
  return [0, 1, 2].map((i) => channels[i] * alpha + under[i] * (1 - alpha)) as Rgb;
}

const linear = (channel: number): number => {
  const c = channel / 255;
  return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
};
const gamma = (value: number): number => {
  const c = value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055;
  return Math.min(255, Math.max(0, c * 255));
};

/** Relative luminance (WCAG 2.2). */
export const luminance = ([r, g, b]: Rgb): number => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);

/** Contrast ratio (WCAG 2.2), 1…21. */
export function contrast(a: Rgb, b: Rgb): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

/** sRGB → OKLab (Ottosson 2020), where equal steps look equal. */
function toOklab(rgb: Rgb): Rgb {
  const [r, g, b] = rgb.map(linear);
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function fromOklab([L, a, b]: Rgb): Rgb {
  const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    gamma(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    gamma(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    gamma(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

/** Between two colours, evenly to the eye. `amount` 0…1. */
export function mix(from: Rgb, to: Rgb, amount: number): Rgb {
  const a = toOklab(from);
  const b = toOklab(to);
  return fromOklab(a.map((value, i) => value + (b[i] - value) * amount) as Rgb);
}

export const css = (rgb: Rgb): string => `rgb(${rgb.map(Math.round).join(', ')})`;

/** A tint behind text: from the background toward the accent, as far as the text stays readable. */
export function tintScale(palette: Palette, accent: Rgb, max: number): (value: number) => string {
  const { background, foreground } = palette;
  let reach = 1;
  while (reach > 0 && contrast(foreground, mix(background, accent, reach)) < READABLE) reach -= 0.01;
  return scaleSequential((t: number) => css(mix(background, accent, t * reach)))
    .domain([0, max])
    .clamp(true);
}

const STEPS = 256;

/** Colours of matrix cells: ColorBrewer's YlGnBu, turned in dark themes so that less is nearer to the background. */
export function magnitudeColours(dark: boolean): Rgb[] {
  const scale = scaleSequential((t: number) => parseColor(interpolateYlGnBu(dark ? 1 - t : t))!).domain([0, STEPS - 1]);
  return Array.from({ length: STEPS }, (_, step) => scale(step));
}

/** Which of those colours a value has; values beyond 0…max have the colours of the ends. */
export const magnitudeStep = (value: number, max: number): number =>
  Math.round(Math.min(1, Math.max(0, max > 0 ? value / max : 0)) * (STEPS - 1)) || 0;

/** Reads the theme's colours where the page stands. */
export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string, fallback: Rgb, under?: Rgb): Rgb =>
    parseColor(style.getPropertyValue(name), under) ?? fallback;
  const dark = !document.body.matches('.vscode-light, .vscode-high-contrast-light');
  const background = read('--vscode-editor-background', dark ? [30, 30, 30] : [255, 255, 255]);
  return {
    background,
    foreground: read('--vscode-editor-foreground', dark ? [212, 212, 212] : [51, 51, 51], background),
    warm: read('--vscode-charts-orange', [209, 134, 22], background),
    cool: read('--vscode-charts-blue', [55, 148, 255], background),
    focus: read('--vscode-focusBorder', [0, 120, 212], background),
    font: style.getPropertyValue('--vscode-font-family') || 'sans-serif',
    dark,
    highContrast: document.body.matches('.vscode-high-contrast, .vscode-high-contrast-light'),
  };
}
