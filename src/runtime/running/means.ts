import type { Intervention } from '../api.ts';
import { CHUNK } from './cachedRun.ts';
import { append, type Network } from './network.ts';
import { RunCache } from './runCache.ts';
import type { Turn } from './turn.ts';

type MeanIntervention = Extract<Intervention, { set: 'mean' }>;

/** Texts whose means are kept. */
const KEPT = 8;

/** Means over the positions of a text, in the unchanged model, of what is replaced by them: worked out once a text. */
export class Means {
  /** By the text's ids, the one asked for last at the end: by hook, [width]. */
  private readonly known = new Map<string, Map<string, Float32Array>>();

  constructor(private readonly network: Network) {}

  /** The same interventions with the means' values. @param ids the text they are over, unless they name one */
  async filledIn(interventions: readonly Intervention[], ids: readonly number[], turn: Turn): Promise<Intervention[]> {
    const texts = new Map<string, { ids: readonly number[]; hooks: Set<string> }>();
    const textOf = ({ over = ids }: MeanIntervention) => over.join();
    for (const each of interventions) {
      if (each.set !== 'mean') continue;
      const text = texts.get(textOf(each)) ?? { ids: each.over ?? ids, hooks: new Set() };
      texts.set(textOf(each), text);
      text.hooks.add(each.hook);
    }
    const means = new Map<string, Map<string, Float32Array>>();
    for (const [key, { ids, hooks }] of texts) means.set(key, await this.measure(key, ids, [...hooks], turn));
    return interventions.map((each) =>
      each.set === 'mean' ? this.valued(each, means.get(textOf(each))!.get(each.hook)!) : each,
    );
  }

  private valued(intervention: MeanIntervention, mean: Float32Array): Intervention {
    if (!('head' in intervention)) return { hook: intervention.hook, set: { shape: [mean.length], data: mean } };
    const { dHead } = this.network.config;
    const data = mean.slice(intervention.head * dHead, (intervention.head + 1) * dHead);
    return { hook: intervention.hook, head: intervention.head, set: { shape: [dHead], data } };
  }

  private async measure(
    key: string,
    ids: readonly number[],
    hooks: readonly string[],
    turn: Turn,
  ): Promise<Map<string, Float32Array>> {
    const found = this.known.get(key) ?? new Map<string, Float32Array>();
    const wanted = hooks.filter((hook) => !found.has(hook));
    if (wanted.length > 0) {
      const sums = new Map<string, Float64Array>();
      const see = (name: string, { data }: { data: Float32Array }, count: number) => {
        const sum = sums.get(name) ?? new Float64Array(data.length / count);
        sums.set(name, sum);
        for (let i = 0; i < data.length; i++) sum[i % sum.length] += data[i];
      };
      const cache = new RunCache(this.network.config);
      for (let from = 0; from < ids.length; from += CHUNK) {
        const to = Math.min(from + CHUNK, ids.length);
        await append(this.network, cache, ids, to, turn, {
          hooks: wanted,
          see: (name, tensor) => see(name, tensor, to - from),
        });
      }
      for (const [name, sum] of sums)
        found.set(
          name,
          Float32Array.from(sum, (x) => x / ids.length),
        );
    }
    this.known.delete(key);
    this.known.set(key, found);
    for (const oldest of this.known.keys()) {
      if (this.known.size <= KEPT) break;
      this.known.delete(oldest);
    }
    return found;
  }
}
