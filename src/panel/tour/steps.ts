import * as vscode from 'vscode';
import type { Ablated } from '../../analysis/ablation.ts';
import { perplexity } from '../../analysis/format.ts';
import type { ScoredRun } from '../../explore/scoredRun.ts';
import { TWICE } from './exampleLines.ts';

/** One stop of the tour: what is opened, and what there is to see. */
export interface TourStep {
  title: string;
  /** The line of the example that is explored begins so. */
  line: string;
  /** The token that is chosen: the last one that reads so; default: what comes after the text. */
  token?: string;
  /** Id of the panel's view. */
  view: string;
  /** Of the bundled model, for which it is known. */
  head?: { layer: number; head: number };
  /** What is switched off, of the bundled model. */
  off?: readonly Ablated[];
  /** In two sentences, with the numbers of the run. */
  say(run: ScoredRun): string;
}

/** The five heads of the bundled model with the highest induction score. */
const INDUCTION: readonly Ablated[] = [
  { layer: 17, part: 3 },
  { layer: 17, part: 4 },
  { layer: 17, part: 5 },
  { layer: 18, part: 6 },
  { layer: 18, part: 7 },
];

const CHICKEN = "The chicken didn't cross the road because it was too tired";
const KEYS = 'The keys to the cabinet are';
const BANK = 'She walked along the pond';

/** In the order of a textbook's chapter on Transformers. */
export function tourSteps(): TourStep[] {
  const { t } = vscode.l10n;
  return [
    {
      title: t('Tokens and their embeddings'),
      line: BANK,
      token: ' bank',
      view: 'model',
      say: ({ tokens }) =>
        t(
          'The text is cut into {0} tokens, and each becomes a row of the matrix E. Below, under Nearest tokens, are those whose rows are most like that of "bank": a row knows nothing of pond or money yet.',
          tokens.length,
        ),
    },
    {
      title: t('Attention: a token looks at those before it'),
      line: CHICKEN,
      token: ' it',
      view: 'attention',
      head: { layer: 13, head: 8 },
      say: () =>
        t(
          'The row of "it" says which words this head reads there. In the bundled model it is mostly "chicken"; change the last word of the line from tired to wide, and look again.',
        ),
    },
    {
      title: t('The residual stream: what each layer already believes'),
      line: CHICKEN,
      token: ' tired',
      view: 'depth',
      say: () =>
        t(
          'Every block adds something to the stream of its token, and the logit lens reads it as if the model ended there: layers go upwards. Below the grid are the parts of the model, whose shares sum to the logit.',
        ),
    },
    {
      title: t('The unembedding: a distribution over all tokens'),
      line: KEYS,
      token: ' are',
      view: 'predict',
      say: (run) =>
        t(
          'Before "are" the model gives it {0}: the verb must agree with keys, not with cabinet. Move temperature, top-k and top-p to see what sampling may choose from.',
          probabilityOf(run, ' are'),
        ),
    },
    {
      title: t('Sampling: how the text goes on'),
      line: CHICKEN,
      view: 'generate',
      say: () =>
        t(
          'A tree of continuations: the height of a box is its probability given what stands before it. Below, greedy decoding and sampling are compared on the same text.',
        ),
    },
    {
      title: t('Cross-entropy: how training measures it'),
      line: KEYS,
      view: 'model',
      say: (run) =>
        t(
          'The loss of a token is -ln of its probability; the mean over this line makes a perplexity of {0}. Under it are the laws of how loss falls with size, with the loaded model beside them.',
          perplexity(run.scores.totals.perplexity),
        ),
    },
    {
      title: t('In-context learning: what came once is expected'),
      line: TWICE,
      view: 'model',
      say: (run) =>
        t(
          'These words mean nothing and come twice: the loss falls from {0} nats a token in the first half to {1} in the second. Nothing was trained for it; some heads look up what followed before.',
          ...halves(run),
        ),
    },
    {
      title: t('Heads and their roles'),
      line: TWICE,
      view: 'roles',
      head: { layer: 18, head: 6 },
      say: () =>
        t(
          'On random tokens, repeated, induction heads look at the token after the earlier copy: they stand out. A double-click opens one in Attention.',
        ),
    },
    {
      title: t('Ablation: the model without them'),
      line: TWICE,
      view: 'roles',
      off: INDUCTION,
      say: (run) =>
        t(
          'With five induction heads off the second half costs {0} nats a token; the first half hardly changed ({1}). Heatmap and ghost text speak of this model too, until the badge above is clicked.',
          halves(run)[1],
          halves(run)[0],
        ),
    },
  ];
}

function probabilityOf({ tokens, scores }: ScoredRun, text: string): string {
  const at = tokens.findLastIndex((token) => token.text === text);
  const p = Math.exp(scores.logprob[at] ?? Number.NaN);
  return Number.isNaN(p) ? '–' : `${(100 * p).toPrecision(3)} %`;
}

/** Mean losses of the two halves, nats a token. */
function halves({ scores }: ScoredRun): [string, string] {
  const losses = Array.from(scores.logprob, (x) => -x);
  const middle = Math.floor(losses.length / 2);
  const mean = (part: number[]) => {
    const known = part.filter((x) => !Number.isNaN(x));
    return (known.reduce((a, b) => a + b, 0) / known.length).toFixed(2);
  };
  return [mean(losses.slice(0, middle)), mean(losses.slice(middle))];
}
