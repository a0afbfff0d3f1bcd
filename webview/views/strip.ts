/** The token strip: the text as its tokens, each tinted by a number that the legend names. */
import type { Actions } from '../actions.ts';
import { partName, splitCharacters } from '../characters.ts';
import { el, setAttributes } from '../dom.ts';
import { t } from '../l10n.ts';
import { type Palette, paletteOf } from '../plots/palette.ts';
import { css } from '../plots/scale.ts';
import { pointerRests } from '../pointer.ts';
import { spoken } from '../speech.ts';
import type { Changed, State } from '../store.ts';
import { inText, NEXT, shown } from '../tokens.ts';
import { stripArcs } from './stripArcs.ts';
import type { MakeTints, Tints } from './tints.ts';

/** Lines of so many tokens make a block that is laid out only while it is near the view. */
const BLOCK = 256;

/** @param tintsOf how the tokens are tinted now */
export function stripView(actions: Actions, tintsOf: MakeTints) {
  const element = el('div', {
    class: 'strip',
    id: 'strip',
    role: 'listbox',
    tabindex: 0,
    'aria-label': t('Tokens'),
    'aria-orientation': 'horizontal',
  });
  /** By position; the last one stands for what comes next. */
  let options: HTMLElement[] = [];
  /** The token that was scrolled to last. */
  let revealed = 0;
  /** The window lost the focus, and will give it back. */
  let returning = false;
  /** The tint that each token shows. */
  let tinted: { scale: string; palette: Palette; amounts: (number | null)[] } | null = null;
  const arcs = stripArcs(element, (position) => options[position]);

  const positionOf = (target: EventTarget | null): number | null => {
    const option = target instanceof Element ? target.closest<HTMLElement>('[data-position]') : null;
    return option ? Number(option.dataset.position) : null;
  };
  for (const name of ['pointerover', 'pointermove'] as const) {
    element.addEventListener(name, ({ target }) => {
      if (!pointerRests()) actions.hover(positionOf(target));
    });
  }
  element.addEventListener('pointerleave', () => actions.hover(null));
  element.addEventListener('click', (event) => {
    const position = positionOf(event.target);
    // A drag that selected text is not a choice.
    if (position !== null && getSelection()?.isCollapsed !== false) actions.choose(position);
  });
  // A click must land where it was aimed; and who comes back to the window finds the strip as it was.
  element.addEventListener('focus', () => {
    if (!returning && element.matches(':focus-visible')) reveal(actions.store.state.chosen);
  });
  element.addEventListener('blur', () => {
    returning = document.activeElement === element;
  });
  element.addEventListener('copy', (event) => {
    const text = selectedText(actions.store.state);
    if (text === null) return;
    event.clipboardData?.setData('text/plain', text);
    event.preventDefault();
  });

  /** The document's own text, not its marks. */
  function selectedText({ tokens }: Readonly<State>): string | null {
    const selection = getSelection();
    if (!selection || selection.isCollapsed) return null;
    const whole = (option: HTMLElement) => option.closest('.joined') ?? option;
    const chosen = options.map((_, i) => i).filter((i) => selection.containsNode(whole(options[i]), true));
    const split = splitCharacters(tokens);
    let end = -1;
    // Parts of one character share its range and are copied once.
    const parts = chosen.map((i) => {
      const token = tokens[i];
      if (!token || (token.bytes && token.start < end)) return '';
      end = token.end;
      return split.get(i)?.text ?? token.text;
    });
    return parts.join('');
  }

  function build({ tokens }: Readonly<State>): void {
    const split = splitCharacters(tokens);
    options = tokens.map((token, position) => {
      const title = partName(tokens, position);
      const option = el('span', { role: 'option', id: `token-${position}`, 'data-position': position, title });
      option.className = token.special ? 'token pill' : token.bytes ? 'token part' : 'token';
      option.append(...inText(token));
      return option;
    });
    options.push(el('span', { role: 'option', id: `token-${tokens.length}`, class: 'token next' }, NEXT));
    options[tokens.length].dataset.position = String(tokens.length);

    const blocks: HTMLElement[] = [];
    let block = el('div', { class: 'block', role: 'presentation' });
    let inBlock = 0;
    for (let i = 0; i < options.length; i++) {
      const character = split.get(i);
      if (tokens[i]?.text.startsWith(' ') || i === tokens.length) block.append(el('wbr'));
      if (character) {
        const { to, text } = character;
        block.append(joined(options.slice(i, to), text));
        inBlock += to - i;
        i = to - 1;
      } else {
        block.append(options[i]);
        inBlock++;
      }
      if (inBlock >= BLOCK && tokens[i]?.text.endsWith('\n')) {
        // The block's end breaks the line already.
        options[i].querySelector('br:last-child')?.remove();
        blocks.push(block);
        block = el('div', { class: 'block', role: 'presentation' });
        inBlock = 0;
      }
    }
    blocks.push(block);
    element.replaceChildren(...(tokens.length > 0 ? [...blocks, arcs.element] : []));
  }

  /** The parts of a character under one outline, the character once over them. */
  function joined(parts: readonly HTMLElement[], text: string | null): HTMLElement {
    const whole = el('span', { class: 'joined', role: 'presentation' }, ...parts);
    if (text === null) return whole;
    for (const [i, part] of parts.entries()) {
      part.replaceChildren();
      part.style.setProperty('grid-column', String(i + 1));
    }
    whole.classList.add('known');
    whole.style.setProperty('grid-template-columns', `repeat(${parts.length}, minmax(0.7em, 1fr))`);
    whole.prepend(el('span', { class: 'character', 'aria-hidden': 'true' }, ...inText({ text })));
    return whole;
  }

  function label(state: Readonly<State>, from: number, to: number): void {
    for (let i = from; i < to; i++) options[i]?.setAttribute('aria-label', spoken(state, i));
  }

  /** Tints what does not show its tint yet. */
  function tint(state: Readonly<State>, tints: Tints, palette: Palette): void {
    const scale = `${tints.label} ${tints.max}`;
    const shown = tinted?.scale === scale && tinted.palette === palette ? tinted.amounts : [];
    const amounts = state.tokens.map((_, i) => tints.value(i));
    for (const [i, amount] of amounts.entries())
      if (amount !== shown[i]) paint(options[i].style, amount, tints, palette);
    tinted = { scale, palette, amounts };
  }

  function paint(style: CSSStyleDeclaration, amount: number | null, { max, colour }: Tints, palette: Palette): void {
    style.removeProperty('background-color');
    style.removeProperty('color');
    style.removeProperty('border-bottom');
    if (amount === null || max === null) return;
    if (!palette.highContrast) {
      const { fill, text } = colour(amount);
      style.setProperty('background-color', css(fill));
      style.setProperty('color', css(text));
      return;
    }
    const width = Math.round((Math.min(amount, max) / max) * 10) / 2;
    if (width > 0) style.setProperty('border-bottom', `${width}px solid`);
  }

  function mark(name: string, position: number | null, selected = false): void {
    for (const option of element.querySelectorAll(`.${name}`)) {
      option.classList.remove(name);
      if (selected) option.setAttribute('aria-selected', 'false');
    }
    const option = position === null ? undefined : options[position];
    option?.classList.add(name);
    if (selected && option) {
      option.setAttribute('aria-selected', 'true');
      element.setAttribute('aria-activedescendant', option.id);
    }
  }

  /**
   * Scrolls the strip alone, and only where the token is not in it. Blocks that were not laid out get their heights on
   * the way: so it is looked at again in the next frames, as long as nothing else is to be revealed.
   */
  function reveal(position: number, again = 4): void {
    revealed = position;
    const option = options[position];
    if (!option) return;
    const box = element.getBoundingClientRect();
    const { top, bottom } = option.getBoundingClientRect();
    const by = top < box.top ? top - box.top - 8 : bottom > box.bottom ? bottom - box.bottom + 8 : 0;
    if (by === 0) return;
    element.scrollTop += by;
    if (again > 0) requestAnimationFrame(() => revealed === position && reveal(position, again - 1));
  }

  return {
    element,
    /** The first token from `from` on, around the end, whose shown or own text contains `needle`; -1 if none. */
    find({ tokens }: Readonly<State>, needle: string, from: number): number {
      const wanted = needle.toLowerCase();
      for (let i = 0; i < tokens.length; i++) {
        const at = (from + i) % tokens.length;
        if (tokens[at].text.toLowerCase().includes(wanted) || shown(tokens[at]).toLowerCase().includes(wanted))
          return at;
      }
      return -1;
    },
    update(state: Readonly<State>, changed: Changed): void {
      const n = state.tokens.length;
      const fresh = changed.has('tokens') || changed.has('run');
      if (fresh) {
        build(state);
        tinted = null;
        label(state, 0, n + 1);
      }
      // What is hidden has no place to scroll to.
      setAttributes(element, { hidden: n === 0 });
      const palette = paletteOf(state);
      const tints = tintsOf(state, palette);
      tint(state, tints, palette);
      arcs.show(tints, palette, fresh);
      if (changed.has('chunk') && state.chunk) label(state, state.chunk.from, state.chunk.from + state.chunk.count);
      if (fresh || changed.has('chosen')) {
        mark('chosen', n > 0 ? state.chosen : null, true);
        reveal(state.chosen);
      } else if (changed.has('arcs') && state.arcs) {
        // Its lines are farther apart now.
        reveal(state.chosen);
      }
      if (changed.has('document')) element.classList.toggle('code', state.document?.code === true);
      if (changed.has('hovered')) mark('hovered', state.hovered);
      if (changed.has('target')) mark('target', state.target);
    },
  };
}
