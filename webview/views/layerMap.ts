/** Heads, or positions, as cells, layers upwards: tinted by a measure, chosen and selected, walked with the arrow keys. */
import { el, setAttributes, setText } from '../dom.ts';
import { t } from '../l10n.ts';
import { css, type Shade } from '../plots/scale.ts';

export interface MapCell {
  layer: number;
  column: number;
}

export interface MapColumn {
  /** What stands under it. */
  short: string;
  /** What it is called. */
  name: string;
}

export interface MapContent {
  nLayers: number;
  columns: readonly MapColumn[];
  /** By layer and column; NaN where it is not known. */
  values: ArrayLike<number>;
  colour(value: number): Shade;
  /** What a cell's number is called, with the number. */
  said(value: number): string;
  selected?: ReadonlySet<number>;
  off?: ReadonlySet<number>;
  chosen: MapCell | null;
  /** The same as long as the colours are. */
  look: string;
}

export interface MapEvents {
  point(cell: MapCell | null): void;
  choose(cell: MapCell): void;
  toggle(cell: MapCell): void;
  open(cell: MapCell): void;
}

export const indexOf = ({ layer, column }: MapCell, columns: number): number => layer * columns + column;

/** What a cell is called. */
export const cellName = ({ layer, column }: MapCell, columns: readonly MapColumn[]): string =>
  t('layer {0}, {1}', layer, columns[column].name);

/** Columns that are heads. */
export const headColumns = (nHeads: number): MapColumn[] =>
  Array.from({ length: nHeads }, (_, head) => ({ short: String(head), name: t('head {0}', head) }));

/** @param label what the map is called, and what its keys do */
export function layerMap(label: string, events: MapEvents) {
  const element = el('div', { class: 'roles-map', role: 'grid', 'aria-label': label, 'aria-multiselectable': 'true' });
  let cells: HTMLElement[] = [];
  let shape = '';
  let content: MapContent | null = null;
  let look = '';
  /** The cell that the keys stand on. */
  let at = 0;

  const cellOf = (index: number): MapCell => ({
    layer: Math.floor(index / content!.columns.length),
    column: index % content!.columns.length,
  });
  const indexAt = (event: Event): number => {
    const cell = (event.target as HTMLElement).closest<HTMLElement>('[data-cell]');
    return cell ? Number(cell.dataset.cell) : -1;
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
    const { columns, nLayers } = content;
    const { layer, column } = cellOf(at);
    const steps: Record<string, [number, number]> = {
      ArrowLeft: [0, -1],
      ArrowRight: [0, 1],
      ArrowUp: [1, 0],
      ArrowDown: [-1, 0],
    };
    const step = steps[event.key];
    if (step) {
      const next = { layer: layer + step[0], column: column + step[1] };
      if (next.layer >= 0 && next.layer < nLayers && columns[next.column]) {
        stand(indexOf(next, columns.length), true);
        events.point(next);
      }
    } else if (event.key === ' ') events.toggle({ layer, column });
    else if (event.key === 'Enter') events.open({ layer, column });
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

  function build({ nLayers, columns }: MapContent): void {
    cells = new Array(nLayers * columns.length);
    const rows: HTMLElement[] = [];
    for (let layer = nLayers - 1; layer >= 0; layer--) {
      const row = el('div', { role: 'row', class: 'roles-row' });
      row.append(el('span', { role: 'rowheader', class: 'roles-layer' }, String(layer)));
      for (let column = 0; column < columns.length; column++) {
        const index = indexOf({ layer, column }, columns.length);
        const cell = el('span', { role: 'gridcell', class: 'roles-cell', 'data-cell': index, tabindex: -1 });
        cells[index] = cell;
        row.append(cell);
      }
      rows.push(row);
    }
    const names = columns.map(({ short, name }) =>
      el('span', { role: 'columnheader', class: 'roles-name', title: name }, short),
    );
    const corner = el('span', { role: 'columnheader', class: 'roles-layer' }, t('layer'));
    rows.push(el('div', { role: 'row', class: 'roles-row' }, corner, ...names));
    element.replaceChildren(...rows);
    element.style.setProperty('--columns', String(columns.length));
    at = 0;
    stand(0, false);
  }

  return {
    element,
    show(next: MapContent): void {
      const nextShape = JSON.stringify([next.nLayers, next.columns]);
      if (nextShape !== shape) {
        shape = nextShape;
        look = '';
        build(next);
      }
      const before = content;
      content = next;
      const chosen = next.chosen && indexOf(next.chosen, next.columns.length);
      const same = look === next.look && before?.values === next.values;
      look = next.look;
      for (const [index, cell] of cells.entries()) {
        if (!same) {
          const value = next.values[index];
          const known = !Number.isNaN(value);
          const { fill, text } = next.colour(known ? value : 0);
          cell.style.setProperty('background-color', css(fill));
          cell.style.setProperty('color', css(text));
          const name = cellName(cellOf(index), next.columns);
          const label = known ? `${name}: ${next.said(value)}` : t('{0}: not known yet', name);
          setAttributes(cell, { 'aria-label': label, title: label });
        }
        setAttributes(cell, {
          'aria-selected': next.selected?.has(index) ? 'true' : 'false',
          'data-off': next.off?.has(index),
          'data-chosen': index === chosen,
        });
        setText(cell, next.off?.has(index) ? '✕' : '');
      }
    },
  };
}
