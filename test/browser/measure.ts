/** What an eye would find fault with, measured in the open page, shadow trees included. */
import { contrast, parseColor, type Rgb } from '../../webview/plots/scale.ts';
import type { OpenPage, Theme } from './harness.ts';

/** A colour as a style says it, over backgrounds from the outermost in. */
interface Seen {
  what: string;
  colour: string;
  opacity: number;
  backgrounds: string[];
}

interface Measures {
  layout(): string[];
  texts(): Seen[];
  /** Notes what has the focus, and tells what the focus alone drew around the thing noted before. `again`: it was here. */
  focusStep(): { before: { what: string; ring: Seen[] } | null; again: boolean };
  /** What can be had by Tab and has never been noted. */
  missed(): string[];
}

declare global {
  interface Window {
    measures: Measures;
  }
}

function install(): void {
  const parentOf = (node: Node): Element | null => {
    if (node instanceof Element || node instanceof Text) {
      if (node.assignedSlot) return node.assignedSlot;
    }
    const parent = node.parentNode;
    return parent instanceof ShadowRoot ? parent.host : parent instanceof Element ? parent : null;
  };
  const ancestors = (node: Node): Element[] => {
    const found: Element[] = [];
    for (let at = parentOf(node); at; at = parentOf(at)) found.push(at);
    return found;
  };
  function* nodes(root: Node): Generator<Node> {
    for (const child of root.childNodes) {
      yield child;
      yield* nodes(child);
      if (child instanceof Element && child.shadowRoot) yield* nodes(child.shadowRoot);
    }
  }
  const isSeen = (element: Element): boolean =>
    element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) &&
    !ancestors(element).some((one) => one.matches('.unseen')) &&
    !element.matches('.unseen, style, script');
  const describe = (element: Element): string => {
    const name = element.getAttribute('aria-label') ?? element.textContent?.trim().slice(0, 30) ?? '';
    const host = (element.getRootNode() as ShadowRoot).host;
    return `${host ? `${host.localName} > ` : ''}${element.localName}${element.id && `#${element.id}`} "${name}"`;
  };

  interface Box {
    left: number;
    top: number;
    right: number;
    bottom: number;
  }
  const elementsOf = () => [...nodes(document.body)].filter((node) => node instanceof Element).filter(isSeen);
  const textsOf = () =>
    [...nodes(document.body)].filter((node): node is Text => {
      const parent = node instanceof Text && node.data.trim() !== '' ? parentOf(node) : null;
      return parent !== null && isSeen(parent);
    });
  const boxesOf = (text: Text): DOMRect[] => {
    const range = document.createRange();
    range.selectNodeContents(text);
    return [...range.getClientRects()].filter(({ width }) => width > 0);
  };

  /** The part of a box that its ancestors leave, and what an ancestor cut off that nobody can scroll to. */
  function cut(node: Node, box: Box): { left: Box; faults: string[] } {
    const left = { left: box.left, top: box.top, right: box.right, bottom: box.bottom };
    const faults: string[] = [];
    for (const one of ancestors(node)) {
      const { overflowX, overflowY, textOverflow, display } = getComputedStyle(one);
      if (display === 'contents' || display === 'inline' || overflowX === 'visible') continue;
      const edge = one.getBoundingClientRect();
      const told = textOverflow === 'ellipsis' && [one, ...ancestors(one)].some((each) => each.hasAttribute('title'));
      const scrolls = one.scrollWidth > one.clientWidth && one.querySelector('canvas') !== null;
      if ((left.right > edge.right + 1 || left.left < edge.left - 1) && !told && !scrolls)
        faults.push(`cut at the side by ${describe(one)}`);
      const hidden = overflowY === 'hidden' || overflowY === 'clip';
      if (hidden && (left.bottom > edge.bottom + 1 || left.top < edge.top - 1))
        faults.push(`cut above or below by ${describe(one)}`);
      left.left = Math.max(left.left, edge.left);
      left.right = Math.min(left.right, edge.right);
      left.top = Math.max(left.top, edge.top);
      left.bottom = Math.min(left.bottom, edge.bottom);
    }
    return { left, faults };
  }

  function layout(): string[] {
    const faults: string[] = [];
    const page = document.scrollingElement!;
    if (page.scrollWidth > innerWidth) faults.push(`the page is ${page.scrollWidth} wide`);
    const seen: { text: Text; box: Box }[] = [];
    for (const text of textsOf()) {
      for (const box of boxesOf(text)) {
        const { left, faults: cuts } = cut(text, box);
        faults.push(...cuts.map((fault) => `"${text.data.trim().slice(0, 30)}" is ${fault}`));
        if (left.right - left.left > 1 && left.bottom - left.top > 1) seen.push({ text, box: left });
      }
    }
    for (const [i, { text, box }] of seen.entries()) {
      if (box.left < -0.5 || box.right > innerWidth + 0.5) faults.push(`"${text.data}" is beside the page`);
      for (const other of seen.slice(i + 1)) {
        if (other.text === text) continue;
        const width = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left);
        const height = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top);
        if (width > 1 && height > 2) faults.push(`"${text.data.trim()}" overlaps "${other.text.data.trim()}"`);
      }
    }
    const controls =
      'button, input, canvas, table, .ramp, .bars span, vscode-button, vscode-dropdown, vscode-panel-tab';
    for (const element of elementsOf()) {
      const { left, right } = element.getBoundingClientRect();
      if (element.matches(controls) && (left < -0.5 || right > innerWidth + 0.5))
        faults.push(`${describe(element)} is beside the page`);
    }
    return [...new Set(faults)];
  }

  const backgroundsOf = (element: Element): string[] =>
    [element, ...ancestors(element)].map((one) => getComputedStyle(one).backgroundColor).reverse();
  const opacityOf = (element: Element): number =>
    [element, ...ancestors(element)].reduce((product, one) => product * Number(getComputedStyle(one).opacity), 1);

  const texts = (): Seen[] =>
    textsOf().flatMap((text) => {
      const element = parentOf(text)!;
      // Dots that stand for spaces are not read, and are fainter than the letters.
      if (element.closest('.mark') || boxesOf(text).length === 0) return [];
      const { color: colour } = getComputedStyle(element);
      const what = `"${text.data.trim().slice(0, 30)}" in ${describe(element)}`;
      return [{ what, colour, opacity: opacityOf(element), backgrounds: backgroundsOf(element) }];
    });

  interface Look {
    element: Element;
    outline: string;
    borders: string[];
  }
  const lookOf = (element: Element): Look => {
    const style = getComputedStyle(element);
    const isDrawn = style.outlineStyle !== 'none' && Number.parseFloat(style.outlineWidth) > 0;
    const sides = ['Top', 'Right', 'Bottom', 'Left'] as const;
    const borders = sides.map((side) =>
      style[`border${side}Style`] !== 'none' && Number.parseFloat(style[`border${side}Width`]) > 0
        ? style[`border${side}Color`]
        : '',
    );
    return { element, outline: isDrawn ? style.outlineColor : '', borders };
  };
  /** What an outline is drawn on: the element, or the first thing around it that is larger than the ring. */
  function underRing(element: Element): Element {
    const offset = Number.parseFloat(getComputedStyle(element).outlineOffset);
    if (offset < 0) return element;
    const { width } = element.getBoundingClientRect();
    const larger = ancestors(element).find((one) => one.getBoundingClientRect().width > width + 2 * offset);
    return larger ?? document.body;
  }

  const reached = new Set<Element>();
  let noted: { element: Element; looks: Look[] } | null = null;

  /** The focused element, the hosts it is in, and what they are made of. */
  function focused(): { element: Element; around: Element[] } | null {
    let element = document.activeElement;
    if (!element || element === document.body) return null;
    const around: Element[] = [element];
    for (let root = element.shadowRoot; root; root = element.shadowRoot) {
      around.push(...root.querySelectorAll('*'));
      if (!root.activeElement) break;
      element = root.activeElement;
    }
    return { element, around };
  }

  function focusStep() {
    const before = noted;
    const now = focused();
    noted = now && { element: now.element, looks: now.around.map(lookOf) };
    const again = now !== null && reached.has(now.element);
    if (now) reached.add(now.element);
    if (!before) return { before: null, again };
    const ring = before.looks.flatMap((look): Seen[] => {
      const away = lookOf(look.element);
      const colours = [look.outline !== away.outline && look.outline].concat(
        look.borders.map((colour, i) => colour !== away.borders[i] && colour),
      );
      const backgrounds = backgroundsOf(underRing(look.element));
      return colours
        .filter((colour): colour is string => typeof colour === 'string' && colour !== '')
        .map((colour) => ({ what: describe(look.element), colour, opacity: opacityOf(look.element), backgrounds }));
    });
    return { before: { what: describe(before.element), ring }, again };
  }

  const missed = (): string[] =>
    elementsOf()
      .filter((one) => {
        const chain = [one, ...ancestors(one)].filter((each) => each === one || each.shadowRoot);
        const refused = chain.some((each) => Number(each.getAttribute('tabindex') ?? 0) < 0);
        return (one as HTMLElement).tabIndex >= 0 && !refused && !one.matches(':disabled') && !reached.has(one);
      })
      .map(describe);

  window.measures = { layout, texts, focusStep, missed };
}

export async function measure({ page }: OpenPage): Promise<void> {
  await page.evaluate(install);
}

/** Text or controls that overlap, are cut off, or stand beside the page. */
export const layoutFaults = ({ page }: OpenPage): Promise<string[]> => page.evaluate(() => window.measures.layout());

/** Contrast that text has at least (WCAG 2.2, 1.4.3 and 1.4.6). */
export const leastContrast = (theme: Theme): number => (theme.startsWith('hc') ? 7 : 4.5);

/** Texts whose contrast with what they stand on is below `least` (WCAG 2.2). */
export async function contrastFaults({ page }: OpenPage, least: number): Promise<string[]> {
  const seen = await page.evaluate(() => window.measures.texts());
  return seen
    .map((one) => ({ what: one.what, ratio: ratioOf(one) }))
    .filter(({ ratio }) => ratio < least)
    .map(({ what, ratio }) => `${what}: ${ratio.toFixed(2)}`);
}

export interface Stop {
  what: string;
  /** Of the ring with what is under it; 0 where there is none. */
  contrast: number;
}

/** Everything that Tab reaches, once around the page, and what it should reach and does not. */
export async function walkByTab({ page }: OpenPage): Promise<{ stops: Stop[]; missed: string[] }> {
  const stops: Stop[] = [];
  for (let around = false; !around; ) {
    await page.keyboard.press('Tab');
    const { before, again } = await page.evaluate(() => window.measures.focusStep());
    if (before) stops.push({ what: before.what, contrast: Math.max(0, ...before.ring.map(ratioOf)) });
    around = again;
  }
  return { stops, missed: await page.evaluate(() => window.measures.missed()) };
}

function ratioOf({ what, colour, opacity, backgrounds }: Seen): number {
  const under = backgrounds.reduce((below, each) => read(each, below, what), [255, 255, 255] as Rgb);
  const over = read(colour, under, what).map((channel, i) => channel * opacity + under[i] * (1 - opacity)) as Rgb;
  return contrast(over, under);
}

function read(colour: string, under: Rgb, what: string): Rgb {
  const rgb = parseColor(colour, under);
  if (!rgb) throw new Error(`${what} has a colour that is not read: ${colour}`);
  return rgb;
}
