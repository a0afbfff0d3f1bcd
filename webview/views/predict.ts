/** Predict: the distribution the chosen token was drawn from, and what sampling may choose from it. */
import { bits, percent, rank, thousands } from '../../src/analysis/format.ts';
import { surprisal } from '../../src/analysis/surprisal.ts';
import type { PieceView } from '../../src/panel/protocol.ts';
import type { Actions } from '../actions.ts';
import { answerTo, errorOf, resultOf } from '../answers.ts';
import { iconButton } from '../controls.ts';
import { el, setAttributes, setText } from '../dom.ts';
import { drawBars } from '../plots/bars.ts';
import { paletteOf } from '../plots/palette.ts';
import { announce, spokenPercent, spokenText } from '../speech.ts';
import { type Changed, isKnown, type State, sourceOf } from '../store.ts';
import { chip, shown } from '../tokens.ts';
import { type CandidateRow, candidateList, distributionAfter, isPlain, type Row } from './candidates.ts';
import { problemSection } from './problem.ts';
import { samplingControls } from './sampling.ts';
import { explanation, type View } from './view.ts';

/** Rows at first, and after "more": no further than texts are sent for. */
const FEW = 25;
const MANY = 200;

export function predictView(actions: Actions): View {
  const heading = el('div', { class: 'heading' });
  const controls = samplingControls(actions);
  const remain = el('p', { class: 'remain', role: 'status' });
  const problem = problemSection(actions);
  const body = el('tbody');
  const swatch = (name: string) => el('span', { class: `swatch ${name}`, 'aria-hidden': 'true' });
  const table = el(
    'table',
    { class: 'candidates', role: 'grid', tabindex: 0, 'aria-label': 'Candidates, most likely first' },
    el(
      'thead',
      {},
      el(
        'tr',
        {},
        el('th', { scope: 'col', class: 'rank' }, 'rank'),
        el('th', { scope: 'col' }, 'token'),
        el('th', { scope: 'col', class: 'bars' }, el('span', { class: 'unseen' }, 'bars')),
        el('th', { scope: 'col', class: 'number' }, swatch('plain'), 'p'),
        el('th', { scope: 'col', class: 'number' }, swatch('sampled'), 'sampled'),
        el('th', { scope: 'col', class: 'use' }, el('span', { class: 'unseen' }, 'use')),
      ),
    ),
    body,
  );
  const more = el('button', { class: 'link', type: 'button' });
  more.addEventListener('click', () => {
    limit = limit === FEW ? MANY : FEW;
    show(actions.store.state);
  });
  const element = el(
    'div',
    { class: 'view predict' },
    explanation('What the model expected here from the tokens before. Enter uses a candidate.', 'predict', actions),
    heading,
    controls.element,
    remain,
    problem.element,
    table,
    more,
  );

  let limit = FEW;
  let rows: Row[] = [];
  /** Index into `rows` of the candidate the keys are at; -1 while they are at none. */
  let active = -1;

  table.addEventListener('click', (event) => {
    const row = event.target instanceof Element ? event.target.closest('tr') : null;
    const index = row && row.parentElement === body ? [...body.rows].indexOf(row) : -1;
    if (rows[index]?.kind === 'candidate') setActive(index);
  });

  function setActive(index: number): void {
    active = index;
    for (const [i, tr] of [...body.rows].entries()) {
      if (rows[i]?.kind === 'candidate') tr.setAttribute('aria-selected', i === active ? 'true' : 'false');
    }
    const tr = body.rows[active];
    setAttributes(table, { 'aria-activedescendant': tr?.id });
    tr?.scrollIntoView({ block: 'nearest' });
    const row = rows[active];
    if (row?.kind === 'candidate') {
      announce(`${nameOf(row)}, rank ${rank(row.rank)}, ${spokenPercent(row.probability)}`);
    }
  }

  const piece = ({ id }: CandidateRow): PieceView | undefined => {
    const { state } = actions.store;
    return state.pieces.get(id) ?? allLogits(state)?.pieces[id];
  };
  const nameOf = (row: CandidateRow): string => {
    const text = piece(row);
    return text ? spokenText(text) : `id ${row.id}`;
  };

  function step(by: number): void {
    let next = active;
    do next += by;
    while (rows[next] && rows[next].kind !== 'candidate');
    if (rows[next]) setActive(next);
  }

  function rowElement(row: Row, index: number, widest: number): HTMLTableRowElement {
    if (row.kind !== 'candidate') {
      return el('tr', { class: row.kind }, el('td', { colspan: 6 }, el('span', {}, row.text)));
    }
    const text = piece(row) ?? (row.chosen ? actions.store.state.tokens[actions.store.state.chosen] : undefined);
    const excluded = row.sampled === 0;
    const bar = (name: string, value: number) => {
      const element = el('span', { class: name });
      element.style.setProperty('width', `${widest > 0 ? (value / widest) * 100 : 0}%`);
      return element;
    };
    const use = iconButton('reply', `Use ${nameOf(row)}`, () => actions.tryCandidate(row.id));
    use.tabIndex = -1;
    return el(
      'tr',
      {
        id: `candidate-${index}`,
        class: `candidate${row.chosen ? ' own' : ''}${excluded ? ' excluded' : ''}`,
        'aria-selected': index === active ? 'true' : 'false',
        'data-id': row.id,
      },
      el('td', { class: 'rank' }, rank(row.rank)),
      el(
        'td',
        { class: 'name', title: `id ${row.id}` },
        el('span', { class: text?.special ? 'pill' : '' }, text ? shown(text) : `id ${row.id}`),
      ),
      el('td', { class: 'bars' }, bar('sampled', row.sampled ?? 0), bar('plain', row.probability)),
      el('td', { class: 'number p', title: String(row.probability) }, percent(row.probability)),
      el(
        'td',
        { class: 'number q', title: row.sampled === null ? 'waits for all logits' : String(row.sampled) },
        row.sampled === null ? '…' : excluded ? '–' : percent(row.sampled),
      ),
      el('td', { class: 'use' }, use),
    );
  }

  function show(state: Readonly<State>): void {
    heading.replaceChildren(...headline(state));
    controls.set(state.sampling);
    const list = candidateList(state, limit);
    rows = list?.rows ?? [];
    table.hidden = list === null;
    if (rows[active]?.kind !== 'candidate') active = -1;
    const values = rows.flatMap((row) => (row.kind === 'candidate' ? [row.probability, row.sampled ?? 0] : []));
    const widest = Math.max(0, ...values);
    body.replaceChildren(...rows.map((row, index) => rowElement(row, index, widest)));
    setAttributes(table, { 'aria-activedescendant': active >= 0 ? `candidate-${active}` : undefined });
    setText(remain, list ? remainText(state, list.remaining, list.vocab) : '');
    problem.show(errorOf(state, distributionAfter(sourceOf(state.chosen))));
    const known = list ? Math.min(MANY, list.vocab) : 0;
    more.hidden = !list || known <= FEW || !allLogits(state);
    setText(more, limit === FEW ? `Show ${known} rows` : `Show ${FEW} rows`);
  }

  return {
    id: 'predict',
    title: 'Predict',
    element,
    needs(state: Readonly<State>) {
      const here = sourceOf(state.chosen);
      const waits = isKnown(state, here) && !answerTo(state, distributionAfter(here));
      const near = waits ? [] : [here + 1, here - 1];
      return [here, ...near].filter((position) => isKnown(state, position)).map(distributionAfter);
    },
    update(state: Readonly<State>, changed: Changed): void {
      if (changed.has('chosen') || changed.has('run')) {
        active = -1;
        limit = FEW;
      }
      const relevant = ['tokens', 'scores', 'chosen', 'answers', 'sampling', 'model', 'view', 'status'] as const;
      if (relevant.some((key) => changed.has(key))) show(state);
    },
    key(event: KeyboardEvent): boolean {
      if (event.key === 'ArrowDown') step(1);
      else if (event.key === 'ArrowUp') step(-1);
      else if (event.key === 'Enter') {
        const row = rows[active];
        if (row?.kind !== 'candidate') return false;
        actions.tryCandidate(row.id);
      } else return false;
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
          title: `What the model expected ${title(state)}`,
          lines: [settings(state), remainText(state, list.remaining, list.vocab)],
          body: drawBars(
            candidateList(state, FEW)!.rows.map((row) =>
              row.kind === 'candidate'
                ? { name: piece(row) ? shown(piece(row)) : `id ${row.id}`, ...row }
                : { text: row.text },
            ),
            paletteOf(state),
          ),
        },
      };
    },
  };
}

/** All logits that the chosen token was drawn from, as far as they are there. */
const allLogits = (state: Readonly<State>) => resultOf(state, distributionAfter(sourceOf(state.chosen)));

const title = (state: Readonly<State>): string => {
  const { tokens, chosen } = state;
  return chosen >= tokens.length ? 'after the last token' : `before ${shown(tokens[chosen])} (position ${chosen})`;
};

const settings = ({ sampling: { temperature, topK, topP } }: Readonly<State>): string =>
  `temperature ${temperature.toFixed(2)} · top-k ${topK || 'off'} · top-p ${topP < 1 ? topP.toFixed(2) : 'off'}`;

/** What is asked here, and what the token of the text got. */
function headline(state: Readonly<State>): (Node | string)[] {
  const { tokens, chosen, scores } = state;
  const token = tokens[chosen];
  const source = sourceOf(chosen);
  const fact = (text: string, exact: number) => el('span', { class: 'fact', title: String(exact) }, text);
  if (tokens.length === 0) return [];
  if (chosen === 0) {
    const bos = state.model ? ` (${state.model.bosPolicy})` : '';
    return [
      chip(token),
      el('span', {}, `is the first token: nothing comes before it${bos}, so the model gives it no probability.`),
    ];
  }
  const start = token
    ? [el('span', {}, 'before'), chip(token)]
    : [el('span', {}, 'what comes after'), chip(tokens[chosen - 1])];
  if (source >= scores.known) return [...start, el('span', { class: 'fact' }, 'not computed yet')];
  const entropy = scores.entropy[source] / Math.LN2;
  const spread = fact(`entropy ${bits(entropy)}`, entropy);
  const logprob = scores.logprob[chosen];
  if (!token || Number.isNaN(logprob)) return [...start, spread];
  return [
    ...start,
    fact(`p ${percent(Math.exp(logprob))}`, Math.exp(logprob)),
    fact(`rank ${rank(scores.rank[chosen])}`, scores.rank[chosen]),
    fact(bits(surprisal(logprob)), surprisal(logprob)),
    spread,
  ];
}

function remainText({ sampling }: Readonly<State>, remaining: number | null, vocab: number): string {
  if (remaining === null)
    return 'The plain probabilities are exact; the sampled ones wait for all logits of this position.';
  if (isPlain(sampling)) return `Nothing is cut off: all ${thousands(vocab)} tokens may be sampled.`;
  return `${thousands(remaining)} of ${thousands(vocab)} ${remaining === 1 ? 'remains' : 'remain'}; sampled = renormalised over them.`;
}
