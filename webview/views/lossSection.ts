/** How training measures itself, on this text: cross-entropy, and whether more context helps. */
import { iclScore, meanLoss, runningLoss } from '../../src/analysis/contextLoss.ts';
import { nats, perplexity } from '../../src/analysis/format.ts';
import type { Actions } from '../actions.ts';
import { resultOf } from '../answers.ts';
import { el, setText } from '../dom.ts';
import { t } from '../l10n.ts';
import { type Axis, linePlot } from '../plots/lines.ts';
import { lookingToken, type State } from '../store.ts';
import { shown } from '../tokens.ts';
import { differenceNeeds } from './difference.ts';

/** Losses that are written out. */
const WRITTEN = 4;
/** Tokens of the running mean. */
const WIDTH = 16;

export function lossSection(actions: Actions) {
  const { store } = actions;
  const sum = el('p', { class: 'formula' });
  const score = el('p', {});
  const value = el('p', { class: 'loss-value' });
  const plot = linePlot((x) => {
    const position = x === null ? null : Math.round(x);
    const inText = position !== null && position < store.state.tokens.length;
    actions.hover(inText ? position : null);
  });
  plot.svg.addEventListener('click', () => {
    const { hovered } = store.state;
    if (hovered !== null) actions.choose(hovered);
  });
  const element = el('section', {}, el('h2', {}, t('Cross-entropy of this text')), sum, plot.element, value, score);

  return {
    element,
    show(state: Readonly<State>): void {
      const { scores, tokens } = state;
      const { logprob } = scores;
      const mean = meanLoss(logprob, 0, logprob.length);
      element.classList.toggle('waits', mean === null);
      setText(
        sum,
        mean === null ? t('A text of one token has no loss: nothing comes before it.') : written(logprob, mean),
      );
      plot.element.hidden = mean === null;
      if (mean === null) {
        setText(score, '');
        return;
      }
      const losses = Array.from(logprob, (x) => -x);
      const known = losses.filter(Number.isFinite);
      const top = Math.max(1, Math.ceil(Math.max(...known)));
      const y: Axis = {
        ...{ from: 0, to: top, ticks: [0, top / 2, top], label: t('loss, nats') },
        said: (x) => String(x),
      };
      const end = Math.max(1, tokens.length - 1);
      const x: Axis = {
        ...{ from: 0, to: end, ticks: [0, Math.floor(end / 2), end], label: t('position') },
        said: (at) => String(at),
      };
      const points = (values: ArrayLike<number>) => Array.from(values, (loss, p) => [p, loss] as const);
      const before = differenceNeeds(state).length > 0 ? differenceOf(state) : undefined;
      const lines = [
        { kind: 'each', points: points(losses), label: t('each token') },
        ...(before
          ? [{ kind: 'before', points: points(runningLoss(before, WIDTH)), label: t('as the model is') }]
          : []),
        { kind: 'running', points: points(runningLoss(logprob, WIDTH)), label: t('mean of {0}', WIDTH) },
      ];
      const said = t('Loss of each of {0} tokens by position, and the mean of the last {1}', tokens.length, WIDTH);
      plot.show({ x, y, lines, said });
      showValue(state);
      const icl = iclScore(logprob);
      setText(score, icl ? iclSaid(icl) : t('The text is too short to tell whether more context helps.'));
    },
  };

  function showValue({ hovered, chosen, tokens, scores }: Readonly<State>): void {
    const at = hovered ?? Math.min(chosen, tokens.length - 1);
    const loss = -scores.logprob[at];
    setText(
      value,
      Number.isFinite(loss)
        ? t('{0} ({1}): -ln p = {2} nats', shown(tokens[at]), at, loss.toPrecision(6))
        : t('{0} ({1}): no loss, nothing comes before it', shown(tokens[at]), at),
    );
  }
}

const differenceOf = (state: Readonly<State>) =>
  resultOf(state, { kind: 'difference', position: lookingToken(state) } as const)?.logprob;

/** The mean written out: what is added, by what it is divided, and what comes of it. */
function written(logprob: ArrayLike<number>, mean: number): string {
  const losses = Array.from(logprob).filter((x) => !Number.isNaN(x));
  const first = losses.slice(0, WRITTEN).map((x) => (-x).toFixed(2));
  const rest = losses.length > WRITTEN ? ' + …' : '';
  return t(
    '({0}{1}) / {2} = {3} a token; perplexity = exp of it = {4}',
    first.join(' + '),
    rest,
    losses.length,
    nats(mean),
    perplexity(Math.exp(mean)),
  );
}

function iclSaid({ score, second, last, published }: NonNullable<ReturnType<typeof iclScore>>): string {
  const range = ([from, to]: [number, number]) => `${from}–${to - 1}`;
  const said = t(
    'In-context learning score: mean loss of positions {0} less that of {1} = {2} nats; below 0 where more context helps.',
    range(last),
    range(second),
    score.toFixed(3),
  );
  if (published === null) return said;
  return `${said} ${t('Loss of the 500th token less that of the 50th: {0} nats.', published.toFixed(3))}`;
}
