/** Colours of magnitudes: steps that can be told apart, and text on them that can be read, in the theme at hand. */
import type { Palette } from './palette.ts';

export type Rgb = [number, number, number];

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

/**
 * Contrast of the strongest colour with the background. Ten equal steps of it are 1.16:1 each, and black or white is
 * still readable on all of them; where no text stands on the colours, as in high contrast, they reach further.
 */
const REACH = 4.5;
const REACH_HIGH_CONTRAST = 12;
const STEPS = 200;
const BLACK: Rgb = [0, 0, 0];
const WHITE: Rgb = [255, 255, 255];

/** A colour of the scale, and the text that is readable on it. */
export interface Shade {
  fill: Rgb;
  text: Rgb;
}

type Hue = 'warm' | 'cool';
const made = new WeakMap<Palette, Partial<Record<Hue, readonly Shade[]>>>();

/** From the background to the strongest colour of a hue, in equal steps of contrast. The same object for the same palette. */
export function shades(palette: Palette, hue: Hue): readonly Shade[] {
  const known = made.get(palette) ?? {};
  made.set(palette, known);
  known[hue] ??= Array.from({ length: STEPS + 1 }, (_, step) => shade(palette, hue, step / STEPS));
  return known[hue];
}

function shade(palette: Palette, hue: Hue, amount: number): Shade {
  const { background, dark, highContrast } = palette;
  if (amount === 0) return { fill: background, text: palette.foreground };
  const ratio = (highContrast ? REACH_HIGH_CONTRAST : REACH) ** amount;
  const from = luminance(background) + 0.05;
  const [, a0, b0] = toOklab(background);
  const [, a1, b1] = toOklab(palette[hue]);
  const wanted = (dark ? from * ratio : from / ratio) - 0.05;
  const fill = ofLuminance(wanted, a0 + (a1 - a0) * amount, b0 + (b1 - b0) * amount);
  return { fill, text: textOn(fill, palette) };
}

/** The colour with these OKLab a and b, as far as the screen has it, whose relative luminance is the wanted one. */
function ofLuminance(wanted: number, a: number, b: number): Rgb {
  let low = 0;
  let high = 1;
  for (let i = 0; i < 16; i++) {
    const middle = (low + high) / 2;
    if (luminance(fromOklab([middle, a, b])) < wanted) low = middle;
    else high = middle;
  }
  return fromOklab([high, a, b]).map(Math.round) as Rgb;
}

/** The theme's own text where it can be read, else black or white. */
function textOn(fill: Rgb, { foreground, dark }: Palette): Rgb {
  const choices = [foreground, ...(dark ? [WHITE, BLACK] : [BLACK, WHITE])];
  const best = choices.reduce((a, b) => (contrast(b, fill) > contrast(a, fill) ? b : a));
  return choices.find((choice) => contrast(choice, fill) >= READABLE) ?? best;
}

/** The shade of a value; values beyond 0…max have those of the ends. */
export function magnitudeScale(palette: Palette, hue: Hue, max: number): (value: number) => Shade {
  const all = shades(palette, hue);
  return (value) => all[Math.round(Math.min(1, Math.max(0, max > 0 ? value / max : 0)) * STEPS) || 0];
}

/** The shade of a difference: one hue above 0, the other below; beyond ±max those of the ends. */
export function divergingScale(palette: Palette, max: number): (value: number) => Shade {
  const [above, below] = [magnitudeScale(palette, 'cool', max), magnitudeScale(palette, 'warm', max)];
  return (value) => (value < 0 ? below(-value) : above(value));
}

/** A scale as a CSS image, from left to right. */
export function ramp(colour: (value: number) => Shade, max: number): string {
  const stops = Array.from({ length: RAMP_STOPS }, (_, i) => css(colour((i / (RAMP_STOPS - 1)) * max).fill));
  return `linear-gradient(to right, ${stops.join(', ')})`;
}

const RAMP_STOPS = 17;
