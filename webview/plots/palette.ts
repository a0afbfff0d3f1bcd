/** The theme's colours, read where the page stands. */
import { mix, parseColor, type Rgb } from './scale.ts';

/** What of the theme the scales need. Colours are sRGB, 0…255. */
export interface Palette {
  background: Rgb;
  foreground: Rgb;
  /** Lines that carry no number. */
  faint: Rgb;
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

const ORANGE: Rgb = [209, 134, 22];
const isBluish = ([red, , blue]: Rgb): boolean => blue > red;

/**
 * The palette of a theme as VS Code tells a webview.
 * @param variable the value of a CSS variable of the root, '' where the theme has none
 * @param kinds classes of the body
 */
export function paletteFrom(variable: (name: string) => string, kinds: readonly string[]): Palette {
  const read = (name: string, fallback: Rgb, under?: Rgb): Rgb => parseColor(variable(name), under) ?? fallback;
  const dark = !kinds.some((kind) => kind === 'vscode-light' || kind === 'vscode-high-contrast-light');
  const background = read('--vscode-editor-background', dark ? [30, 30, 30] : [255, 255, 255]);
  const foreground = read('--vscode-editor-foreground', dark ? [212, 212, 212] : [51, 51, 51], background);
  // In a theme of high contrast it is a dark blue, which cannot be told from the cool one in a scale of differences.
  const orange = read('--vscode-charts-orange', ORANGE, background);
  return {
    background,
    foreground,
    faint: mix(background, foreground, 0.3),
    warm: isBluish(orange) ? ORANGE : orange,
    cool: read('--vscode-charts-blue', [55, 148, 255], background),
    focus: read('--vscode-focusBorder', [0, 120, 212], background),
    font: variable('--vscode-font-family') || 'sans-serif',
    dark,
    highContrast: kinds.some((kind) => kind.startsWith('vscode-high-contrast')),
  };
}

let last: { theme: number; palette: Palette } | null = null;

/** Colours of the theme there is now, whichever view was open when it changed. One object a theme. */
export function paletteOf({ theme }: Readonly<{ theme: number }>): Palette {
  if (last?.theme !== theme) last = { theme, palette: readPalette() };
  return last.palette;
}

function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  return paletteFrom((name) => style.getPropertyValue(name), [...document.body.classList]);
}
