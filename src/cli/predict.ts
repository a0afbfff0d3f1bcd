import { nats, percent, thousands, visibleControls, visibleToken } from '../analysis/format.ts';
import { type Candidates, candidates, entropy, softmax, sortLogits } from '../analysis/sampling.ts';
import type { Piece } from '../runtime/tokenizer/types.ts';
import { type AblateOptions, ablations, checkAblate } from './ablate.ts';
import { type CommonOptions, type Input, prepare } from './common.ts';
import { bar, print, printJson, styled, table } from './terminal.ts';
import { tokenJson } from './tokens.ts';

export interface PredictOptions extends CommonOptions, AblateOptions {
  top: number;
  temperature: number;
  topK: number;
  topP: number;
}

/** What comes next: the plain distribution, and what sampling may choose from. */
export async function predict(options: PredictOptions): Promise<void> {
  checkAblate(options);
  const input = await prepare(options);
  const { engine, ids, model, tokens } = input;
  const logits = await engine.logits(ids, ids.length - 1, ablations(options, model));
  const sorted = sortLogits(logits);
  const probabilities = softmax(logits);
  const kept = candidates(sorted, options);
  const shown = Math.min(Math.max(options.top, kept.count), sorted.ids.length);
  const pieces = await engine.pieces([...sorted.ids.subarray(0, shown)]);
  const top = Array.from(sorted.ids.subarray(0, options.top), (id, i) => ({
    ...named(id, pieces[i]),
    logprob: Math.log(probabilities[id]),
  }));
  const nextEntropy = entropy(probabilities);
  if (options.json) {
    const chosen = Array.from(kept.ids, (id, i) => ({ ...named(id, pieces[i]), prob: kept.probabilities[i] }));
    printJson({
      model: model.name,
      precision: model.precision,
      tokens: tokens.map(tokenJson),
      next: { entropy: nextEntropy, top, candidates: chosen },
    });
    return;
  }
  printTable(input, top, kept, pieces, nextEntropy, options);
}

function named(id: number, piece: Piece) {
  return { id, text: piece.text, ...(piece.bytes && { bytes: [...piece.bytes] }) };
}

function printTable(
  { model, tokens }: Input,
  top: { logprob: number }[],
  kept: Candidates,
  pieces: Piece[],
  nextEntropy: number,
  { temperature, topK, topP }: PredictOptions,
): void {
  print(
    styled(
      'dim',
      `${visibleControls(model.name)} ${model.precision} · ${thousands(tokens.length)} tokens · entropy ${nats(nextEntropy)}`,
    ),
  );
  const rows = top.map(({ logprob }, i) => [
    String(i + 1),
    visibleToken(pieces[i]),
    percent(Math.exp(logprob)),
    i < kept.count ? percent(kept.probabilities[i]) : '',
    bar(Math.exp(logprob)),
  ]);
  const columns = [
    { title: 'rank' },
    { title: 'token', align: 'left' as const },
    { title: 'p' },
    { title: 'sampled' },
    { title: '', align: 'left' as const },
  ];
  print(table(columns, rows));
  const settings = `temperature ${temperature}, top-k ${topK || 'off'}, top-p ${topP}`;
  print(styled('dim', `${settings}: ${thousands(kept.count)} of ${thousands(model.vocabSize)} remain`));
}
