/** A token as the model has it: the tokens whose rows of E and of U are like its own. */

import type { PieceView } from '../../src/panel/protocol.ts';
import { errorOf, type Question, resultOf } from '../answers.ts';
import { el, setText } from '../dom.ts';
import { t } from '../l10n.ts';
import { lookingToken, type State } from '../store.ts';
import { shown } from '../tokens.ts';

const TOP = 10;

export const neighboursOf = (state: Readonly<State>) =>
  ({ kind: 'neighbours', id: state.tokens[lookingToken(state)].id, top: TOP }) as const satisfies Question;

export function embeddingSection() {
  const heading = el('h2', {});
  const lists = el('div', { class: 'neighbours' });
  const note = el('p', { class: 'note' });
  const element = el('section', {}, heading, note, lists);
  let listed: unknown;

  return {
    element,
    show(state: Readonly<State>): void {
      const question = neighboursOf(state);
      const found = resultOf(state, question);
      setText(heading, t('Nearest tokens to {0}', shown(state.tokens[lookingToken(state)])));
      const error = errorOf(state, question);
      setText(note, error ? `${error.what} ${error.todo}` : found ? about(found.tied) : t('Comparing the rows…'));
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

const near = (piece: PieceView, cosine: number): HTMLElement =>
  el('li', {}, el('span', { class: 'name' }, shown(piece)), el('span', { class: 'number' }, cosine.toFixed(3)));

const about = (tied: boolean): string =>
  tied
    ? t('By the cosine of rows. E = U: what a token is read as is also how it is predicted.')
    : t('By the cosine of rows. E and U are two matrices: a token is read and predicted by different rows.');
