/** What the host would send of a text, with the numbers of the real engine and the bundled model. */
import type { HeadScores } from '../../src/analysis/headScores.ts';
import { totals } from '../../src/analysis/surprisal.ts';
import { PieceTexts } from '../../src/explore/pieceTexts.ts';
import type { HostMessage, PieceView, TokenView } from '../../src/panel/protocol.ts';
import { kindOf } from '../../src/panel/questions/index.ts';
import { modelView, pieceView, tokenView, totalsView } from '../../src/panel/views.ts';
import type {
  HookTensor,
  LensLayer,
  LensRequest,
  ModelInfo,
  Neighbours,
  PatchRequest,
  PatchRow,
} from '../../src/runtime/api.ts';
import { Engine } from '../../src/runtime/engine.ts';
import { collectHooks } from '../../src/runtime/running/collectHooks.ts';
import { bundledModelPath } from '../../src/weights/bundled.ts';
import { repositoryRoot } from '../fixtures.ts';
import { all, loadedEngine } from '../reference/compare.ts';
import { type OpenOptions, type OpenPage, openPage } from './harness.ts';
import type { Ask } from './messages.ts';

/** By path: models that texts of different tests share. */
const loading = new Map<string, ReturnType<typeof loadedEngine>>();

/** Ends the shared engines. Registered by itself as a last hook when mocha runs. */
export async function closeEngine(): Promise<void> {
  for (const each of loading.values()) await (await each).engine.unload();
  loading.clear();
}

if (typeof after === 'function') after(closeEngine);

export interface RealText {
  tokens: TokenView[];
  model: ModelInfo;
  /** All messages of a finished run. */
  finished(run?: number, chosen?: number): HostMessage[];
  answer(ask: Ask): Promise<HostMessage>;
  pattern(layer: number): Promise<HookTensor>;
  logits(position: number): Promise<Float32Array>;
  /** Of each token given those before it, nats; NaN for the first. */
  losses: number[];
  neighbours(id: number): Promise<Neighbours>;
  positionCosines(far: number): Promise<Float64Array | null>;
  /** Losses of these tokens, nats; NaN for the first. */
  lossesOf(ids: readonly number[]): Promise<number[]>;
  /** What heads do on one sequence of random tokens, twice. */
  headScores(seed: number): Promise<HeadScores>;
  /** Layers of a map of patching between two texts. */
  patch(request: Omit<PatchRequest, 'ids' | 'clean'>, clean: string, corrupt: string): Promise<PatchRow[]>;
  /** Of all positions; `after`: an id that is taken to come after the text. */
  lens(after?: number, more?: Partial<LensRequest>): Promise<LensLayer[]>;
  /** Hooks of the text up to a position, in whole. */
  hooks(names: readonly string[], to: number): Promise<Map<string, HookTensor>>;
  /** The text of an id that the lens or a candidate has had. */
  pieceOf(id: number): PieceView;
}

/** What heads do does not depend on the text: it is worked out once, as an engine with a cache folder does. */
function keepScores(engine: Engine): void {
  const { headScores, copyingScores } = Engine.prototype;
  engine.headScores = (request) => {
    const key = JSON.stringify(request);
    kept.set(key, kept.get(key) ?? headScores.call(engine, request));
    return kept.get(key)!;
  };
  engine.copyingScores = () => {
    copying ??= copyingScores.call(engine);
    return copying;
  };
}
const kept = new Map<string, Promise<HeadScores>>();
let copying: Promise<Float32Array> | undefined;

const bundled = bundledModelPath(repositoryRoot);

/**
 * @param most tokens that are taken of the text
 * @param path of a model; default: the bundled one
 */
export async function realText(text: string, most = Number.POSITIVE_INFINITY, path = bundled): Promise<RealText> {
  const load = loading.get(path) ?? loadedEngine(path, { precision: 'int8' });
  loading.set(path, load);
  const { engine, info } = await load;
  if (path === bundled) keepScores(engine);
  const encoded = (await engine.encode(text)).slice(0, most);
  const tokens = encoded.map((token) => tokenView(token, 0));
  const ids = tokens.map(({ id }) => id);
  const chunks = await all(engine.run({ ids, topK: 64 }));
  const known = new PieceTexts(engine);
  const texts = async (wanted: readonly number[]) => {
    await known.learn(wanted);
    return Object.fromEntries(wanted.map((id) => [id, pieceView(known.get(id)!)]));
  };
  const pieces = await texts(chunks.flatMap(({ topIds }) => [...topIds]));
  const sum = totalsView(totals(chunks.flatMap(({ logprob }) => [...logprob])));
  return {
    tokens,
    model: info,
    finished: (run = 1, chosen = tokens.length - 1) => [
      { type: 'model', model: modelView(info, 'no BOS is added') },
      { type: 'run', run, document: { name: 'essay.md', uri: 'file:///essay.md' }, tokens, chosen },
      ...chunks.map(
        ({ cached, hooks, ...chunk }): HostMessage => ({ type: 'scores', run, chunk, pieces, totals: sum }),
      ),
      { type: 'done', run, totals: sum, milliseconds: 1234 },
    ],
    async answer({ run, id, question }) {
      const pattern = (layer: number) => engine.pattern(ids, layer);
      const subject = { engine, unchanged: engine, model: info, ids, before: () => undefined, pattern, texts };
      const result = await kindOf(question).handle(question, subject, new AbortController().signal);
      return { type: 'answer', run, id, result };
    },
    pattern: (layer) => engine.pattern(ids, layer),
    logits: (position) => engine.logits(ids, position),
    losses: chunks.flatMap(({ logprob }) => [...logprob].map((x) => -x)),
    neighbours: (id) => engine.neighbours({ id, top: 10 }),
    positionCosines: (far) => engine.positionCosines(far),
    lossesOf: async (of) =>
      (await all(engine.run({ ids: of, topK: 1 }))).flatMap(({ logprob }) => [...logprob].map((x) => -x)),
    headScores: (seed) => engine.headScores({ seed, length: 50 }),
    async patch(request, clean, corrupt) {
      const of = async (prompt: string) => (await engine.encode(prompt)).map(({ id }) => id);
      return all(engine.patch({ ...request, ids: await of(corrupt), clean: await of(clean) }));
    },
    async lens(after, more) {
      const asked = after === undefined ? ids : [...ids, after];
      const layers = await all(engine.lens({ ids: asked, topK: 1, positions: ids.map((_, p) => p), ...more }));
      await known.learn(layers.flatMap(({ topIds }) => [...topIds]));
      return layers;
    },
    hooks: async (names, to) =>
      (await collectHooks(engine.run({ ids: ids.slice(0, to + 1), topK: 0, hooks: names }), to + 1)).hooks,
    pieceOf: (id) => pieceView(known.get(id)!),
  };
}

/** Answers what the page asked from message `from` on, until it asks no more. @returns how many messages it has sent */
export async function answerAll(opened: OpenPage, text: RealText, from = 0): Promise<number> {
  let next = from;
  for (; next < opened.sent().length; next++) {
    const message = opened.sent()[next];
    if (message.type === 'ask') await opened.send(await text.answer(message));
  }
  return next;
}

/** The page with all messages of a finished run of the text, and answers to what it asks. */
export async function openText(text: RealText, options?: OpenOptions, chosen?: number): Promise<OpenPage> {
  const opened = await openPage(options);
  for (const message of text.finished(1, chosen)) await opened.send(message);
  await answerAll(opened, text);
  return opened;
}

/** All ids, the likeliest after `position` first. */
export async function byLikelihood(text: RealText, position: number): Promise<number[]> {
  const logits = await text.logits(position);
  return [...logits.keys()].sort((a, b) => logits[b] - logits[a]);
}

export function softmax(logits: readonly number[]): number[] {
  const most = logits.reduce((a, b) => Math.max(a, b));
  const raised = logits.map((logit) => Math.exp(logit - most));
  const sum = raised.reduce((a, b) => a + b, 0);
  return raised.map((value) => value / sum);
}

/** Answers all that the page asks until it asks no more: a view that is answered may ask for the next part. */
export async function answerUntilQuiet(opened: OpenPage, text: RealText): Promise<void> {
  for (let from = -1, to = 0; from !== to; ) {
    await opened.settle();
    [from, to] = [to, await answerAll(opened, text, to)];
  }
  await opened.settle();
}
