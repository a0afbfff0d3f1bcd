import { percent, rank, visibleToken } from '../analysis/format.ts';
import { type CommonOptions, checkIds, prepare } from './common.ts';
import { clearProgress, print, printJson, showProgress, table } from './terminal.ts';
import { PieceTable } from './tokens.ts';

export interface LensOptions extends CommonOptions {
  top: number;
  mid?: boolean;
  kl?: boolean;
  target?: number;
}

/** The logit lens: what every layer would predict. The table shows the last position, JSON all of them. */
export async function lens(options: LensOptions): Promise<void> {
  const { top: topK, mid, kl, target } = options;
  const { engine, ids, model, tokens } = await prepare(options);
  checkIds(model, target);
  const pieces = new PieceTable(engine);
  const positions = options.json ? undefined : [ids.length - 1];
  const layers: { hook: string; positions: object[] }[] = [];
  const rows: string[][] = [];
  for await (const layer of engine.lens({ ids, topK, positions, mid, kl, target })) {
    await pieces.learn(layer.topIds);
    showProgress(`Lens: ${layer.hook}`, rows.length, model.nLayers + 1);
    const shown = Array.from(layer.entropy, (entropy, i) => ({
      top: pieces.top(layer, i),
      entropy,
      targetLogprob: layer.targetRank[i] > 0 ? layer.targetLogprob[i] : null,
      targetRank: layer.targetRank[i] > 0 ? layer.targetRank[i] : null,
      ...(layer.kl && { kl: layer.kl[i] }),
    }));
    layers.push({ hook: layer.hook, positions: shown });
    const best = shown[0].top.slice(0, 5).map((c) => `${visibleToken(c)} ${percent(Math.exp(c.logprob))}`);
    rows.push([layer.hook, layer.entropy[0].toFixed(2), best.join('   ')]);
  }
  clearProgress();
  if (options.json) {
    const described = tokens.map(({ id, text, start, end }) => ({ id, text, start, end }));
    printJson({ model: model.name, precision: model.precision, tokens: described, layers });
    return;
  }
  const columns = [
    { title: 'residual', align: 'left' as const },
    { title: 'entropy (nats)' },
    { title: 'likeliest next tokens', align: 'left' as const },
  ];
  print(table(columns, rows));
  print(`after position ${rank(ids.length)} of ${rank(ids.length)}`);
}
