/** Predict: the distribution the chosen token was drawn from, and what sampling may choose from it. */
import { thousands } from '../../src/analysis/format.ts';
import type { PieceView } from '../../src/panel/protocol.ts';
import type { Actions } from '../actions.ts';
import { answerTo, errorOf, resultOf } from '../answers.ts';
import { checkbox } from '../controls.ts';
import { el, setText } from '../dom.ts';
import { t, tNodes } from '../l10n.ts';
import { barsDrawing } from '../plots/bars.ts';
import { paletteOf } from '../plots/palette.ts';
import { type Changed, isKnown, type State, sourceOf } from '../store.ts';
import { chip, shown } from '../tokens.ts';
import { type CandidateRow, candidateList, distributionAfter, isPlain } from './candidates.ts';
import { candidateTable } from './candidateTable.ts';
import { changeLines, type Tried, trying } from './change.ts';
import { problemSection } from './problem.ts';
import { samplingControls } from './sampling.ts';
import { explanation, type View } from './view.ts';

/** Rows at first, besides the token's own and the cut, and after "more": no further than texts are sent for. */
const FEW = 10;
const MANY = 200;

export function predictView(actions: Actions): View {
  const { store } = actions;
  const heading = el('div', { class: 'heading' });
  const change = el('ul', { class: 'change', 'aria-label': t('What the candidate changed') });
  const controls = samplingControls(actions, () => {
    full = 0;
    show(store.state);
  });
  const remain = el('p', { class: 'remain', role: 'status' });
  const problem = problemSection(actions);
  const table = candidateTable({ piece, use });
  const more = el('button', { class: 'link', type: 'button' });
  more.addEventListener('click', () => {
    limit = limit === FEW ? MANY : FEW;
    show(store.state);
  });
  const details = checkbox(t('log-prob and logit'), () => show(store.state));
  const under = el('div', { class: 'under-table' }, more, details);
  const element = el(
    'div',
    { class: 'view predict' },
    explanation(
      t('What the model expected here. Double-click or Enter puts a candidate in.'),
      'predict',
      t('Help: predict'),
      actions,
    ),
    heading,
    change,
    controls.element,
    remain,
    problem.element,
    table.element,
    under,
  );

  let limit = FEW;
  /** The probability a full bar stands for: it stays while sliders move; 0: to be worked out. */
  let full = 0;
  let tried: Tried | null = null;

  function piece({ id, chosen }: CandidateRow): PieceView | undefined {
    const { state } = store;
    return state.pieces.get(id) ?? allLogits(state)?.pieces[id] ?? (chosen ? state.tokens[state.chosen] : undefined);
  }

  function use(row: CandidateRow): void {
    const text = piece(row);
    tried = trying(store.state, text ? shown(text) : t('id {0}', row.id));
    actions.tryCandidate(row.id);
  }

  function show(state: Readonly<State>): void {
    controls.set(state.sampling);
    const list = candidateList(state, limit);
    const complete = list !== null && (list.remaining !== null || Boolean(errorOf(state, here(state))));
    const older = !complete && state.chosen > 0 && isComing(state) && table.element.dataset.run !== undefined;
    // The old list stays, dimmed, until its successor is complete.
    element.toggleAttribute('data-older', older);
    if (older && table.element.dataset.run !== String(state.run)) return;
    heading.replaceChildren(...headline(state));
    change.replaceChildren(...changeLines(state, tried).map((line) => el('li', {}, line)));
    table.element.hidden = under.hidden = list === null;
    if (list) {
      const values = list.rows.flatMap((row) =>
        row.kind === 'candidate' ? [row.probability || 0, row.sampled ?? 0] : [],
      );
      const widest = full || Math.max(0, ...values);
      if (complete) full = widest;
      const lse = state.scores.lse[sourceOf(state.chosen)];
      table.show(list.rows, { columns: details.checked, lse, full: widest });
      table.element.dataset.run = String(state.run);
    }
    setText(remain, list ? remainText(state, list.remaining, list.vocab) : '');
    problem.show(errorOf(state, here(state)));
    const known = list ? Math.min(MANY, list.vocab) : 0;
    more.hidden = !list || known <= FEW || !allLogits(state);
    setText(more, t('Show {0} rows', limit === FEW ? known : FEW));
  }

  return {
    element,
    needs(state: Readonly<State>) {
      const source = sourceOf(state.chosen);
      const waits = isKnown(state, source) && !answerTo(state, distributionAfter(source));
      const near = waits ? [] : [source + 1, source - 1];
      return [source, ...near].filter((position) => isKnown(state, position)).map(distributionAfter);
    },
    update(state: Readonly<State>, changed: Changed): void {
      if (changed.has('chosen') || changed.has('run')) {
        table.leave();
        limit = FEW;
        full = 0;
      }
      if (changed.has('document') && changed.has('tokens') && state.tokens.length === 0) tried = null;
      const relevant = ['tokens', 'scores', 'chosen', 'answers', 'sampling', 'model', 'view', 'status'] as const;
      if (relevant.some((key) => changed.has(key))) show(state);
    },
    key(event: KeyboardEvent): boolean {
      if (event.key === 'ArrowDown') table.step(1);
      else if (event.key === 'ArrowUp') table.step(-1);
      else if (event.key === 'Enter' && table.active) use(table.active);
      else return false;
      return true;
    },
    figure(state: Readonly<State>) {
      const list = candidateList(state, MANY);
      if (!list) return null;
      const candidates = list.rows.filter((row) => row.kind === 'candidate');
      const text = (row: CandidateRow) => piece(row)?.text ?? null;
      const token = state.tokens[state.chosen];
      return {
        about: {
          view: 'predict',
          hook: 'logits',
          position: sourceOf(state.chosen),
          token: token ? { position: state.chosen, id: token.id, text: token.text } : null,
          sampling: state.sampling,
          remaining: list.remaining,
        },
        table: {
          columns: ['rank', 'id', 'text', 'logprob', 'probability', 'sampled'],
          rows: candidates.map((row) => [
            row.rank,
            row.id,
            text(row),
            Math.log(row.probability),
            row.probability,
            row.sampled,
          ]),
        },
        picture: {
          title: title(state),
          lines: [settings(state), remainText(state, list.remaining, list.vocab)],
          body: barsDrawing(
            candidateList(state, FEW)!.rows.map((row) =>
              row.kind === 'candidate'
                ? { name: piece(row) ? shown(piece(row)) : t('id {0}', row.id), ...row }
                : { text: row.text },
            ),
            paletteOf(state),
          ),
        },
      };
    },
  };
}

/** The distribution that the chosen token was drawn from, as a question. */
const here = ({ chosen }: Readonly<State>) => distributionAfter(sourceOf(chosen));

/** Whether numbers are on their way. */
const isComing = ({ status }: Readonly<State>): boolean => ['loading', 'computing', 'stale', 'done'].includes(status);

/** All logits that the chosen token was drawn from, as far as they are there. */
const allLogits = (state: Readonly<State>) => resultOf(state, here(state));

const title = (state: Readonly<State>): string => {
  const { tokens, chosen } = state;
  return chosen >= tokens.length
    ? t('What the model expected after the last token')
    : t('What the model expected before {0} (position {1})', shown(tokens[chosen]), chosen);
};

const settings = ({ sampling: { temperature, topK, topP } }: Readonly<State>): string =>
  t(
    'temperature {0} · top-k {1} · top-p {2}',
    temperature.toFixed(2),
    topK || t('off'),
    topP < 1 ? topP.toFixed(2) : t('off'),
  );

/** What is asked here, and what the token of the text got. */
function headline(state: Readonly<State>): (Node | string)[] {
  const { tokens, chosen, scores } = state;
  const token = tokens[chosen];
  const source = sourceOf(chosen);
  if (tokens.length === 0) return [];
  if (chosen === 0) {
    const first = state.model
      ? tNodes(
          '{0} is the first token: nothing comes before it ({1}), so the model gives it no probability.',
          chip(token),
          state.model.bosPolicy,
        )
      : tNodes('{0} is the first token: nothing comes before it, so the model gives it no probability.', chip(token));
    return [el('span', {}, ...first)];
  }
  const place = token ? tNodes('before {0}', chip(token)) : tNodes('what comes after {0}', chip(tokens[chosen - 1]));
  const start = el('span', {}, ...place);
  return source >= scores.known ? [start, el('span', { class: 'fact' }, t('not computed yet'))] : [start];
}

function remainText({ sampling }: Readonly<State>, remaining: number | null, vocab: number): string {
  if (remaining === null)
    return t('The plain probabilities are exact; the sampled ones wait for all logits of this position.');
  if (isPlain(sampling)) return t('Nothing is cut off: all {0} tokens may be sampled.', thousands(vocab));
  return remaining === 1
    ? t('{0} of {1} remains; sampled = renormalised over them.', thousands(remaining), thousands(vocab))
    : t('{0} of {1} remain; sampled = renormalised over them.', thousands(remaining), thousands(vocab));
}
