/** A drawing as SVG 1.1: text stays text, shapes stay shapes, and only pixels are an embedded picture. */
import { visibleToken } from '../../src/analysis/format.ts';
import { RATIO } from './figure.ts';
import type { Drawing, Surface } from './surface.ts';

const SVG = 'http://www.w3.org/2000/svg';
const XML = 'http://www.w3.org/XML/1998/namespace';
const XLINK = 'http://www.w3.org/1999/xlink';

/** What is no Char of XML 1.0 (2.2): a file cannot hold it, not even as an entity. */
const FORBIDDEN = /[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

type Attributes = Record<string, string | number | undefined>;

/** What is kept by `save`. */
const KEPT = [
  ...(['fillStyle', 'strokeStyle', 'lineWidth', 'globalAlpha', 'font', 'textAlign', 'textBaseline'] as const),
  ...(['dash', 'factor', 'left', 'top', 'group'] as const),
] as const;

/**
 * The drawing as a file, in CSS pixels.
 * @param said its title, and how it was made as JSON, which the file holds as metadata
 * @param family fonts of most of its texts
 */
export function svgOf(drawing: Drawing, said: { title: string; about: string }, family: string): string {
  const surface = new SvgContext(drawing, family);
  const { root } = surface;
  surface.child(root, 'title', {}).textContent = printable(said.title);
  surface.child(root, 'metadata', {}).textContent = said.about.replace(FORBIDDEN, escaped);
  drawing.draw(surface);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(root)}\n`;
}

/** Token text may hold any character: those that a file cannot are written as on the page. */
const printable = (text: string): string => text.replace(FORBIDDEN, (character) => visibleToken({ text: character }));

/** As JSON writes a character of one code unit. */
const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

const rounded = (value: number): number => Number(value.toFixed(3));

/**
 * Writes what is painted as elements. Scales are the same in both directions, arcs go clockwise, and dashes and lines
 * end and meet as a canvas has them at first.
 */
class SvgContext implements Surface {
  readonly root: Element;
  fillStyle: Surface['fillStyle'] = '#000';
  strokeStyle: Surface['strokeStyle'] = '#000';
  lineWidth = 1;
  globalAlpha = 1;
  font = '10px sans-serif';
  textAlign: CanvasTextAlign = 'start';
  textBaseline: CanvasTextBaseline = 'alphabetic';
  private dash: number[] = [];
  /** From the numbers of a call to those of the file. */
  private factor = 1 / RATIO;
  private left = 0;
  private top = 0;
  private group: Element;
  private path = '';
  private clips = 0;
  private readonly saved: object[] = [];
  private readonly ruler = document.createElement('canvas').getContext('2d')!;

  constructor(
    { width, height }: Drawing,
    private readonly family: string,
  ) {
    const size = { width: width / RATIO, height: height / RATIO };
    this.root = document.implementation.createDocument(SVG, 'svg').documentElement;
    this.root.setAttributeNS(XML, 'xml:space', 'preserve');
    const look = { fill: 'none', 'font-family': printable(family) };
    put(this.root, { version: '1.1', ...size, viewBox: `0 0 ${size.width} ${size.height}`, role: 'img', ...look });
    this.group = this.root;
  }

  child(parent: Element, tag: string, attributes: Attributes): Element {
    const element = this.root.ownerDocument.createElementNS(SVG, tag);
    put(element, attributes);
    parent.append(element);
    return element;
  }

  save(): void {
    this.saved.push(Object.fromEntries(KEPT.map((name) => [name, this[name]])));
  }

  restore(): void {
    Object.assign(this, this.saved.pop());
  }

  scale(by: number): void {
    this.factor *= by;
  }

  translate(x: number, y: number): void {
    [this.left, this.top] = [this.x(x), this.y(y)];
  }

  beginPath(): void {
    this.path = '';
  }

  moveTo(x: number, y: number): void {
    this.path += `M${this.at(x, y)}`;
  }

  lineTo(x: number, y: number): void {
    this.path += `${this.path === '' ? 'M' : 'L'}${this.at(x, y)}`;
  }

  rect(x: number, y: number, width: number, height: number): void {
    this.path += `M${this.at(x, y)}L${this.at(x + width, y)}L${this.at(x + width, y + height)}L${this.at(x, y + height)}Z`;
  }

  arc(x: number, y: number, radius: number, from: number, to: number): void {
    const on = (angle: number) => this.at(x + radius * Math.cos(angle), y + radius * Math.sin(angle));
    const r = rounded(radius * this.factor);
    this.path += `${this.path === '' ? 'M' : 'L'}${on(from)}`;
    // In two halves: one alone cannot be a whole circle.
    for (const end of [(from + to) / 2, to]) this.path += `A${r} ${r} 0 0 1 ${on(end)}`;
  }

  clip(): void {
    const id = `clip${++this.clips}`;
    this.child(this.child(this.group, 'clipPath', { id }), 'path', { d: this.path });
    this.group = this.child(this.group, 'g', { 'clip-path': `url(#${id})` });
  }

  fill(): void {
    this.child(this.group, 'path', { d: this.path, ...this.filled() });
  }

  stroke(): void {
    this.child(this.group, 'path', { d: this.path, ...this.stroked() });
  }

  setLineDash(dash: number[]): void {
    this.dash = dash;
  }

  fillRect(x: number, y: number, width: number, height: number): void {
    // Neighbours are to meet without a seam, at any size.
    this.box(x, y, width, height, { ...this.filled(), 'shape-rendering': 'crispEdges' });
  }

  strokeRect(x: number, y: number, width: number, height: number): void {
    this.box(x, y, width, height, this.stroked());
  }

  measureText(text: string): TextMetrics {
    this.ruler.font = this.font;
    return this.ruler.measureText(text);
  }

  fillText(text: string, x: number, y: number, most = Number.POSITIVE_INFINITY): void {
    const [, bold, size, family] = /^(bold )?([\d.]+)px (.+)$/.exec(this.font)!;
    const said = printable(text);
    this.child(this.group, 'text', {
      x: rounded(this.x(x)),
      y: rounded(this.y(y + this.baseline())),
      'text-anchor': { start: undefined, left: undefined, center: 'middle', right: 'end', end: 'end' }[this.textAlign],
      'font-size': rounded(Number(size) * this.factor),
      'font-weight': bold && 'bold',
      'font-family': family === this.family ? undefined : printable(family),
      // As a canvas fits a text that is too wide.
      ...(this.measureText(said).width > most
        ? { textLength: rounded(most * this.factor), lengthAdjust: 'spacingAndGlyphs' }
        : {}),
      ...this.filled(),
    }).textContent = said;
  }

  drawImage(image: HTMLCanvasElement, x: number, y: number): void {
    const element = this.child(this.group, 'image', {
      x: rounded(this.x(x)),
      y: rounded(this.y(y)),
      width: rounded(image.width * this.factor),
      height: rounded(image.height * this.factor),
      'image-rendering': 'pixelated',
    });
    element.setAttributeNS(XLINK, 'xlink:href', image.toDataURL('image/png'));
  }

  private x(value: number): number {
    return this.left + value * this.factor;
  }

  private y(value: number): number {
    return this.top + value * this.factor;
  }

  private at(x: number, y: number): string {
    return `${rounded(this.x(x))} ${rounded(this.y(y))}`;
  }

  /** From the line that `textBaseline` names down to the one letters stand on, which every reader of SVG knows. */
  private baseline(): number {
    const above = (line: CanvasTextBaseline): number => {
      this.ruler.textBaseline = line;
      return this.measureText('x').fontBoundingBoxAscent;
    };
    const down = above('alphabetic');
    return down - above(this.textBaseline);
  }

  private box(x: number, y: number, width: number, height: number, look: Attributes): void {
    this.child(this.group, 'rect', {
      x: rounded(this.x(Math.min(x, x + width))),
      y: rounded(this.y(Math.min(y, y + height))),
      width: rounded(Math.abs(width) * this.factor),
      height: rounded(Math.abs(height) * this.factor),
      ...look,
    });
  }

  private filled(): Attributes {
    return { fill: String(this.fillStyle), ...this.faded() };
  }

  private stroked(): Attributes {
    return {
      stroke: String(this.strokeStyle),
      'stroke-width': rounded(this.lineWidth * this.factor),
      'stroke-miterlimit': 10,
      'stroke-dasharray': this.dash.map((length) => rounded(length * this.factor)).join(' ') || undefined,
      ...this.faded(),
    };
  }

  private faded(): Attributes {
    return this.globalAlpha === 1 ? {} : { opacity: this.globalAlpha };
  }
}

function put(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined) element.setAttribute(name, String(value));
}
