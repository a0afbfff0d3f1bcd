/** A token as the model has it: its row of E, and the tokens whose rows of E and of U are like its own. */

import type { PieceView } from '../../src/panel/protocol.ts';
import type { Actions } from '../actions.ts';
import { errorOf, type Question, resultOf } from '../answers.ts';
import { el, setText } from '../dom.ts';
import { type Grid, vector } from '../headSteps.ts';
import { t } from '../l10n.ts';
import { paletteOf } from '../plots/palette.ts';
import { announce } from '../speech.ts';
import { lookingToken, type State } from '../store.ts';
import { shown } from '../tokens.ts';
import { stepGrid } from './stepGrid.ts';

const TOP = 10;

export const neighboursOf = (state: Readonly<State>) =>
  ({ kind: 'neighbours', id: state.tokens[lookingToken(state)].id, top: TOP }) as const satisfies Question;

export function embeddingSection({ store }: Actions) {
  const heading = el('h2', {});
  const lists = el('div', { class: 'neighbours' });
  const note = el('p', { class: 'note' });
  let row: Grid | null = null;
  let pointed: number | null = null;
  const cells = stepGrid({
    point(grid, index, said) {
      pointed = index;
      showRow();
      if (said && index !== null) announce(numberOf(grid, index));
    },
  });
  const value = el('p', { class: 'row-value' });
  const rowPlace = el('div', { class: 'embedding-row' }, cells.element);
  const element = el('section', {}, heading, note, lists, rowPlace, value);
  let listed: unknown;

  function showRow(): void {
    if (!row) return;
    cells.show({ grid: row, palette: paletteOf(store.state), cursor: pointed, rowName: () => '' });
    setText(value, pointed === null ? t('Point at a cell to read its number.') : numberOf(row, pointed));
  }

  return {
    element,
    show(state: Readonly<State>): void {
      const question = neighboursOf(state);
      const found = resultOf(state, question);
      setText(heading, t('Nearest tokens to {0}', shown(state.tokens[lookingToken(state)])));
      const error = errorOf(state, question);
      setText(note, error ? `${error.what} ${error.todo}` : found ? about(found.tied) : t('Comparing the rows…'));
      rowPlace.hidden = value.hidden = !found;
      if (listed !== found) pointed = null;
      row = found ? (listed === found && row ? row : vector('E', found.row)) : null;
      if (found) rowPlace.style.setProperty('height', `${heightFor(found.row.length)}px`);
      showRow();
      if (listed === found) return;
      listed = found;
      if (!found) {
        lists.replaceChildren();
        return;
      }
      const list = (name: string, { ids, cosines }: { ids: Int32Array; cosines: Float64Array }) =>
        el(
          'div',
          {},
          el('h3', {}, name),
          el('ol', {}, ...Array.from(ids, (id, i) => near(found.pieces[id], cosines[i]))),
        );
      lists.replaceChildren(
        list(found.tied ? t('in E, which is U too') : t('in E, what is read'), found.E),
        ...(found.tied ? [] : [list(t('in U, what is written'), found.U)]),
      );
    },
  };
}

/** CSS pixels for a row of so many numbers in a wide view; a longer one, or a narrow view, scrolls. */
const heightFor = (numbers: number): number => 32 + 16 * Math.min(10, Math.ceil(numbers / 64));

const numberOf = (grid: Grid, index: number): string =>
  `${grid.entry(index)} = ${`${grid.data[index]}`.replace('-', '−')}`;

const near = (piece: PieceView, cosine: number): HTMLElement =>
  el('li', {}, el('span', { class: 'name' }, shown(piece)), el('span', { class: 'number' }, cosine.toFixed(3)));

const about = (tied: boolean): string =>
  tied
    ? t('By the cosine of rows. E = U: what a token is read as is also how it is predicted.')
    : t('By the cosine of rows. E and U are two matrices: a token is read and predicted by different rows.');
