import { setImmediate as turn } from 'node:timers/promises';
import { seededRandom } from '../../src/analysis/sampling.ts';
import { TokenscopeError } from '../../src/errors.ts';
import { type CallShape, ENGINE_CALLS, type EngineApi, type ModelInfo } from '../../src/runtime/api.ts';
import { EngineClient } from '../../src/runtime/worker/client.ts';
import { below, pick, type Random } from '../fuzz/mutate.ts';
import { difference } from './difference.ts';
import { drawRequests, type Request } from './requests.ts';

const DIFFERENT_REQUESTS = 200;
const AT_ONCE = 8;
/** Far more than the slowest request takes: one that is not answered by then never will be. */
const NEVER_MS = 60_000;
const CHANNELS = ['panel', 'prefetch'];

/** What came of a storm's requests. */
export interface Counts {
  right: number;
  aborted: number;
  /** Wrong on purpose, and told so. */
  refused: number;
  /** By a model that went or a worker that was killed. */
  lost: number;
  loads: number;
  unloads: number;
  kills: number;
}

/** A wrong answer, an error that is not the product's own, or none at all. */
export class StormFault extends Error {}

/** A request under way. */
interface Asked {
  request: Request;
  number: number;
  abort: AbortController;
  /** Whose answer it may be: models that were, or may have been, in the worker since it was asked. */
  models: Set<string>;
  /** A model went or a worker died meanwhile. */
  disturbed: boolean;
  channel?: string;
  /** A newer request of its channel took its place. */
  overtaken: boolean;
}

/** Random requests to a real worker, many at once, with aborts, other models and kills between. */
export class Storm {
  readonly counts: Counts = { right: 0, aborted: 0, refused: 0, lost: 0, loads: 0, unloads: 0, kills: 0 };
  /** Of this process, the worker included, in bytes, every hundred steps. */
  readonly memory: number[] = [];
  private readonly client: EngineClient;
  private readonly underWay = new Set<Promise<void>>();
  private readonly asked = new Set<Asked>();
  private readonly loading: string[] = [];
  /** Models that may be in the worker. */
  private possible = new Set<string>();
  /** There is a model, and no other is on the way. */
  private certain = false;
  private crashes = 0;

  private constructor(
    workerUrl: URL,
    private readonly random: Random,
    private readonly requests: readonly Request[],
    /** For each model its rows for each request; undefined where the request is wrong. */
    private readonly alone: ReadonlyMap<string, (unknown[] | undefined)[]>,
  ) {
    this.client = new EngineClient({ workerUrl });
    this.client.onDidCrash(() => {
      // A worker that ends by itself is a fault of what was under way.
      if (++this.crashes <= this.counts.kills) this.disturb();
    });
  }

  /** Draws requests and asks each of them alone, of every model. @param models whose vocabularies are equally large */
  static async create(workerUrl: URL, models: readonly string[], seed: number): Promise<Storm> {
    const random = seededRandom(seed);
    const client = new EngineClient({ workerUrl });
    try {
      const infos: ModelInfo[] = [];
      for (const path of models) infos.push(await load(client, path));
      const least = (of: (info: ModelInfo) => number) => Math.min(...infos.map(of));
      const limits = {
        vocabSize: least((info) => info.vocabSize),
        nLayers: least((info) => info.nLayers),
        nHeads: least((info) => info.nHeads),
        contextLength: least((info) => info.contextLength),
      };
      const requests = drawRequests(random, limits, DIFFERENT_REQUESTS);
      const alone = new Map<string, (unknown[] | undefined)[]>();
      for (const path of models) {
        await load(client, path);
        const answers: (unknown[] | undefined)[] = [];
        for (const request of requests) answers.push(await answerOf(client, request));
        alone.set(path, answers);
      }
      return new Storm(workerUrl, random, requests, alone);
    } finally {
      client.dispose();
    }
  }

  /** @throws StormFault at the first fault */
  async run(steps: number): Promise<void> {
    await this.load();
    for (let step = 0; step < steps; step++) {
      this.step();
      const waits = this.client.model ? 0.2 : 0.8; // without a model an error comes at once
      while (this.underWay.size >= AT_ONCE || (this.underWay.size > 0 && this.random() < waits)) await this.oneEnds();
      if (this.random() < 0.3) await turn();
      if (step % 100 === 0) this.memory.push(process.memoryUsage.rss());
    }
    while (this.underWay.size > 0) await this.oneEnds();
  }

  dispose(): void {
    this.client.dispose();
  }

  private step(): void {
    const dice = this.random();
    if (!this.certain && this.loading.length === 0) this.start(this.load());
    else if (dice < 0.015) this.start(this.load());
    else if (dice < 0.02) this.start(this.unload());
    else if (dice < 0.025) this.kill();
    else this.start(this.ask());
  }

  private start(work: Promise<void>): void {
    const tracked: Promise<void> = work.finally(() => this.underWay.delete(tracked));
    // Who waits for it hears of its failure; until then nobody has to.
    tracked.catch(() => {});
    this.underWay.add(tracked);
  }

  private async oneEnds(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const never = new Promise<never>((_, reject) => {
      const kinds = () => [...this.asked].map(({ request }) => request.kind).join(', ');
      timer = setTimeout(() => reject(new StormFault(`never ended: ${kinds() || 'a load'}`)), NEVER_MS);
    });
    try {
      await Promise.race([...this.underWay, never]);
    } finally {
      clearTimeout(timer);
    }
  }

  private async load(): Promise<void> {
    this.counts.loads++;
    const path = pick(this.random, [...this.alone.keys()]);
    const abort = this.sometimesAborted(0.2);
    this.loading.push(path);
    this.possible.add(path);
    for (const { models } of this.asked) models.add(path);
    this.certain = false;
    this.disturb();
    try {
      await load(this.client, path, abort.signal);
      this.possible = new Set([path, ...this.loading]);
      this.certain = this.loading.length === 1;
    } catch (error) {
      // Another load, an abort or a kill may have taken its place.
      if (!isAbort(error) && !(error instanceof TokenscopeError)) throw fault('load', error);
    }
    this.loading.splice(this.loading.indexOf(path), 1);
    this.disturb();
  }

  private async unload(): Promise<void> {
    this.counts.unloads++;
    this.certain = false;
    this.disturb();
    await this.client.unload().catch((error: unknown) => {
      if (!(error instanceof TokenscopeError)) throw fault('unload', error);
    });
    this.certain = false;
    this.disturb();
  }

  private kill(): void {
    this.counts.kills++;
    this.client.kill();
  }

  /** Whatever is under way may end with an error now. */
  private disturb(): void {
    for (const asked of this.asked) asked.disturbed = true;
  }

  private async ask(): Promise<void> {
    const number = below(this.random, this.requests.length);
    const request = this.requests[number];
    const afterRows = this.random() < 0.15 ? 1 + below(this.random, 5) : Number.POSITIVE_INFINITY;
    const asked: Asked = {
      request,
      number,
      abort: this.sometimesAborted(0.2),
      models: new Set(this.possible),
      disturbed: !this.certain,
      channel: this.random() < 0.3 ? pick(this.random, CHANNELS) : undefined,
      overtaken: false,
    };
    const engine = this.engineFor(asked);
    this.asked.add(asked);
    const rows: unknown[] = [];
    try {
      for await (const more of request.ask(engine, asked.abort.signal)) {
        rows.push(...more);
        if (rows.length >= afterRows) asked.abort.abort();
      }
      this.judgeAnswer(asked, rows);
    } catch (error) {
      if (error instanceof StormFault) throw error;
      this.judgeError(asked, rows, error);
    } finally {
      this.asked.delete(asked);
    }
  }

  private engineFor({ channel, request }: Asked): EngineApi {
    if (channel === undefined) return this.client;
    const { newestWins }: CallShape = ENGINE_CALLS[request.call];
    for (const older of this.asked)
      if (newestWins && older.channel === channel && older.request.call === request.call) older.overtaken = true;
    return this.client.channel(channel, channel === 'prefetch' ? 'background' : 'foreground');
  }

  private judgeAnswer(asked: Asked, rows: unknown[]): void {
    if (asked.request.wrong) throw new StormFault(`${asked.request.kind} was answered`);
    this.compare(asked, rows, (answer) => answer);
    this.counts.right++;
  }

  private judgeError(asked: Asked, rows: unknown[], error: unknown): void {
    const { request, abort, overtaken, disturbed } = asked;
    if (isAbort(error) && (abort.signal.aborted || overtaken)) this.counts.aborted++;
    else if (request.wrong && (error as Error).name === request.wrong) this.counts.refused++;
    else if (disturbed && error instanceof TokenscopeError) this.counts.lost++;
    else throw fault(request.kind, error);
    this.compare(asked, rows, (answer) => answer.slice(0, rows.length));
  }

  /** @throws StormFault if the rows are those of none of the models */
  private compare({ request, number, models }: Asked, rows: unknown[], part: (answer: unknown[]) => unknown[]): void {
    if (rows.length === 0 && request.wrong) return;
    const differences = [...models].map((model) => difference(rows, part(this.alone.get(model)![number] ?? [])));
    if (differences.every((found) => found !== undefined))
      throw new StormFault(`${request.kind} (request ${number}) has a wrong answer: ${differences.join('; ')}`);
  }

  /** A signal that aborts with this probability, after some turns of the event loop or some milliseconds. */
  private sometimesAborted(probability: number): AbortController {
    const abort = new AbortController();
    if (this.random() >= probability) return abort;
    const amount = below(this.random, 10);
    if (this.random() < 0.5) setTimeout(() => abort.abort(), amount);
    else void afterTurns(amount).then(() => abort.abort());
    return abort;
  }
}

async function afterTurns(turns: number): Promise<void> {
  for (let i = 0; i < turns; i++) await turn();
}

async function load(engine: EngineApi, path: string, signal?: AbortSignal): Promise<ModelInfo> {
  const steps = engine.load({ path, precision: 'fp32', threads: 1 }, signal);
  for (;;) {
    const step = await steps.next();
    if (step.done) return step.value;
  }
}

/** @throws StormFault where the request should have been refused, or was */
async function answerOf(engine: EngineApi, request: Request): Promise<unknown[] | undefined> {
  const rows: unknown[] = [];
  try {
    for await (const more of request.ask(engine, new AbortController().signal)) rows.push(...more);
  } catch (error) {
    if (request.wrong && (error as Error).name === request.wrong) return undefined;
    throw fault(`${request.kind}, asked alone`, error);
  }
  if (request.wrong) throw new StormFault(`${request.kind}, asked alone, was answered`);
  return rows;
}

const isAbort = (error: unknown): boolean => error instanceof DOMException && error.name === 'AbortError';

const fault = (kind: string, error: unknown): StormFault =>
  new StormFault(`${kind}: ${error instanceof Error ? error.stack : error}`, { cause: error });
