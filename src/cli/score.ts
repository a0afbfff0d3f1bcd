import { bits, nats, percent, perplexity, rank, thousands, visibleControls, visibleToken } from '../analysis/format.ts';
import { ScoreReader } from '../analysis/scores.ts';
import { surprisal, totals } from '../analysis/surprisal.ts';
import { scoringWindows } from '../analysis/windows.ts';
import { type AblateOptions, ablations, checkAblate } from './ablate.ts';
import { type CommonOptions, type Input, prepare } from './common.ts';
import { UsageError } from './options.ts';
import { clearProgress, print, printJson, showProgress, styled, table } from './terminal.ts';
import { PieceTable, tokenJson } from './tokens.ts';

export interface ScoreOptions extends CommonOptions, AblateOptions {
  top: number;
  window?: number;
  stride?: number;
}

interface Score {
  logprob: number | null;
  rank: number | null;
  entropy: number | null;
  top: { id: number; text: string; logprob: number }[];
}

/** How likely the model finds each token of the input, given those before it. */
export async function score(options: ScoreOptions): Promise<void> {
  const { window, stride } = options;
  checkAblate(options);
  if (stride !== undefined && window === undefined) throw new UsageError('--stride needs --window');
  if (stride !== undefined && stride > window!)
    throw new UsageError(`--stride ${stride} is more than --window ${window}: tokens in between would have no score`);
  const input = await prepare(options);
  const scores = await scoreTokens(input, options);
  clearProgress();
  const { tokens, scored, perplexity: ppl, meanSurprisal } = totals(scores.map((s) => s.logprob));
  const loss = scored > 0 ? Math.log(ppl) : null;
  if (options.json) {
    printJson({
      model: input.model.name,
      precision: input.model.precision,
      tokens: input.tokens.map((token, i) => ({ ...tokenJson(token), ...scores[i] })),
      loss,
      perplexity: scored > 0 ? ppl : null,
      count: scored,
    });
    return;
  }
  const rows = input.tokens.map((token, i) => {
    const { logprob, rank: r, top } = scores[i];
    const likeliest = top[0] ? `${visibleToken(top[0])} ${percent(Math.exp(top[0].logprob))}` : '';
    const p = logprob ?? Number.NaN;
    return [String(i), visibleToken(token), percent(Math.exp(p)), rank(r ?? 0), bits(surprisal(p)), likeliest];
  });
  const columns = [
    { title: 'position' },
    { title: 'token', align: 'left' as const },
    { title: 'p' },
    { title: 'rank' },
    { title: 'surprisal' },
    { title: 'likeliest', align: 'left' as const },
  ];
  print(table(columns, rows));
  const counts = `${thousands(tokens)} tokens, ${thousands(scored)} scored`;
  const mean =
    scored > 0 ? `mean ${bits(meanSurprisal)}, loss ${nats(loss!)}, perplexity ${perplexity(ppl)}` : 'nothing to score';
  print(styled('dim', `${visibleControls(input.model.name)} ${input.model.precision} · ${counts} · ${mean}`));
}

async function scoreTokens({ engine, ids, model }: Input, options: ScoreOptions): Promise<Score[]> {
  const { top, window, stride } = options;
  const interventions = ablations(options, model);
  const scores: Score[] = ids.map(() => ({ logprob: null, rank: null, entropy: null, top: [] }));
  const pieces = new PieceTable(engine);
  for (const { start, end, from } of scoringWindows(ids.length, window ?? ids.length, stride ?? window ?? ids.length)) {
    const reader = new ScoreReader();
    for await (const chunk of engine.run({ ids: ids.slice(start, end), topK: top, interventions })) {
      await pieces.learn(chunk.topIds);
      for (const { position, logprob, rank: r, entropy, before } of reader.read(chunk)) {
        const p = start + position;
        if (p >= from) scores[p] = { logprob, rank: r, entropy, top: pieces.top(before.chunk, before.row) };
      }
      showProgress(
        `Scoring: ${thousands(start + chunk.from + chunk.count)} tokens`,
        start + chunk.from + chunk.count,
        ids.length,
      );
    }
  }
  return scores;
}
