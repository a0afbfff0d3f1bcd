import { visibleControls } from '../analysis/format.ts';
import { type AblateOptions, ablations, checkAblate } from './ablate.ts';
import { type CommonOptions, prepare } from './common.ts';
import { write } from './output.ts';
import { print, printJson } from './terminal.ts';

export interface GenerateOptions extends CommonOptions, AblateOptions {
  max: number;
  temperature: number;
  topK: number;
  topP: number;
  seed: number;
  stop?: string;
}

/** Lets the model continue the input. Temperature 0 is greedy. */
export async function generate(options: GenerateOptions): Promise<void> {
  checkAblate(options);
  const { engine, ids, model } = await prepare(options);
  const { max, temperature, topK, topP, seed, stop } = options;
  const tokens: { id: number; text: string; logprob: number }[] = [];
  let stopped: string | undefined;
  const interventions = ablations(options, model);
  const request = { ids, maxTokens: max, sampling: { temperature, topK, topP }, seed, stop, interventions };
  for await (const token of engine.generate(request)) {
    tokens.push({ id: token.id, text: token.text, logprob: token.logprob });
    stopped = token.stopped;
    if (!options.json) write(process.stdout.isTTY ? visibleControls(token.text) : token.text);
  }
  if (options.json) {
    const text = tokens.map((token) => token.text).join('');
    printJson({ model: model.name, precision: model.precision, tokens, text, stopped });
  } else print('');
}
