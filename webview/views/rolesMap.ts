/** Heads as cells, layers upwards: tinted by a measure, chosen and selected, walked with the arrow keys. */
import { el, setAttributes, setText } from '../dom.ts';
import { t } from '../l10n.ts';
import { css, type Shade } from '../plots/scale.ts';

export interface HeadCell {
  layer: number;
  head: number;
}

export interface RolesContent {
  nLayers: number;
  nHeads: number;
  /** By layer and head; NaN where it is not known. */
  values: ArrayLike<number>;
  colour(value: number): Shade;
  /** What a cell's number is called, with the number. */
  said(value: number): string;
  selected: ReadonlySet<number>;
  off: ReadonlySet<number>;
  chosen: HeadCell;
  /** The same as long as the colours are. */
  look: string;
}

export interface RolesEvents {
  point(cell: HeadCell | null): void;
  choose(cell: HeadCell): void;
  toggle(cell: HeadCell): void;
  open(cell: HeadCell): void;
}

export const indexOf = ({ layer, head }: HeadCell, nHeads: number): number => layer * nHeads + head;

export function rolesMap(events: RolesEvents) {
  const element = el('div', {
    class: 'roles-map',
    role: 'grid',
    'aria-label': t('Heads by layer: arrow keys move, Space selects, Enter opens'),
    'aria-multiselectable': 'true',
  });
  let cells: HTMLElement[] = [];
  let shape = '';
  let content: RolesContent | null = null;
  let look = '';
  /** The cell that the keys stand on. */
  let at = 0;

  const cellOf = (index: number): HeadCell => ({
    layer: Math.floor(index / content!.nHeads),
    head: index % content!.nHeads,
  });
  const indexAt = (event: Event): number => {
    const cell = (event.target as HTMLElement).closest<HTMLElement>('[data-head]');
    return cell ? Number(cell.dataset.head) : -1;
  };

  element.addEventListener('click', (event) => {
    const index = indexAt(event);
    if (index < 0) return;
    stand(index, false);
    if (event.shiftKey || event.ctrlKey || event.metaKey) events.toggle(cellOf(index));
    else events.choose(cellOf(index));
  });
  element.addEventListener('dblclick', (event) => {
    const index = indexAt(event);
    if (index >= 0) events.open(cellOf(index));
  });
  element.addEventListener('pointerover', (event) => {
    const index = indexAt(event);
    events.point(index >= 0 ? cellOf(index) : null);
  });
  element.addEventListener('pointerleave', () => events.point(null));
  element.addEventListener('keydown', (event) => {
    if (!content || event.ctrlKey || event.metaKey || event.altKey) return;
    const { nHeads, nLayers } = content;
    const { layer, head } = cellOf(at);
    const steps: Record<string, [number, number]> = {
      ArrowLeft: [0, -1],
      ArrowRight: [0, 1],
      ArrowUp: [1, 0],
      ArrowDown: [-1, 0],
    };
    const step = steps[event.key];
    if (step) {
      const next = { layer: layer + step[0], head: head + step[1] };
      if (next.layer >= 0 && next.layer < nLayers && next.head >= 0 && next.head < nHeads) {
        stand(indexOf(next, nHeads), true);
        events.point(next);
      }
    } else if (event.key === ' ') events.toggle({ layer, head });
    else if (event.key === 'Enter') events.open({ layer, head });
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  /** Moves the place of the keys. */
  function stand(index: number, focus: boolean): void {
    cells[at]?.setAttribute('tabindex', '-1');
    at = index;
    cells[at]?.setAttribute('tabindex', '0');
    if (focus) cells[at]?.focus();
  }

  function build({ nLayers, nHeads }: RolesContent): void {
    cells = new Array(nLayers * nHeads);
    const rows: HTMLElement[] = [];
    for (let layer = nLayers - 1; layer >= 0; layer--) {
      const row = el('div', { role: 'row', class: 'roles-row' });
      row.append(el('span', { role: 'rowheader', class: 'roles-layer' }, String(layer)));
      for (let head = 0; head < nHeads; head++) {
        const index = layer * nHeads + head;
        const cell = el('span', { role: 'gridcell', class: 'roles-cell', 'data-head': index, tabindex: -1 });
        cells[index] = cell;
        row.append(cell);
      }
      rows.push(row);
    }
    const heads = Array.from({ length: nHeads }, (_, head) =>
      el('span', { role: 'columnheader', class: 'roles-name' }, String(head)),
    );
    const corner = el('span', { role: 'columnheader', class: 'roles-layer' }, t('layer'));
    rows.push(el('div', { role: 'row', class: 'roles-row' }, corner, ...heads));
    element.replaceChildren(...rows);
    element.style.setProperty('--heads', String(nHeads));
    at = 0;
    stand(0, false);
  }

  return {
    element,
    show(next: RolesContent): void {
      const nextShape = `${next.nLayers} ${next.nHeads}`;
      if (nextShape !== shape) {
        shape = nextShape;
        look = '';
        build(next);
      }
      const before = content;
      content = next;
      const chosen = indexOf(next.chosen, next.nHeads);
      const same = look === next.look && before?.values === next.values;
      look = next.look;
      for (const [index, cell] of cells.entries()) {
        if (!same) {
          const value = next.values[index];
          const known = !Number.isNaN(value);
          const { fill, text } = next.colour(known ? value : 0);
          cell.style.setProperty('background-color', css(fill));
          cell.style.setProperty('color', css(text));
          const { layer, head } = cellOf(index);
          const name = t('layer {0}, head {1}', layer, head);
          cell.setAttribute('aria-label', known ? `${name}: ${next.said(value)}` : t('{0}: not known yet', name));
          cell.title = `${layer}.${head}${known ? ` · ${next.said(value)}` : ''}`;
        }
        setAttributes(cell, {
          'aria-selected': next.selected.has(index) ? 'true' : 'false',
          'data-off': next.off.has(index),
          'data-chosen': index === chosen,
        });
        setText(cell, next.off.has(index) ? '✕' : '');
      }
    },
  };
}
