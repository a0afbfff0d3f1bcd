import { Session } from 'node:inspector/promises';

/** How long the extension's own code held up its host. Milliseconds. */
export interface OwnTime {
  /** Without a break. */
  longest: number;
  total: number;
}

/** Microseconds between two looks at the stack. */
const EVERY = 500;

/** Samples the host's stack: VS Code's own code, and that of the tests, is told apart from the extension's. */
export async function sampleHost(): Promise<() => Promise<OwnTime>> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: EVERY });
  await session.post('Profiler.start');
  return async () => {
    const { profile } = await session.post('Profiler.stop');
    session.disconnect();
    const { nodes, samples = [], timeDeltas = [] } = profile;
    /** Nodes in or under the extension's bundle: a parent stands before its children. */
    const own = new Set<number>();
    for (const { id, callFrame, children = [] } of nodes) {
      if (/dist\/extension\.cjs$/.test(callFrame.url)) own.add(id);
      if (own.has(id)) for (const child of children) own.add(child);
    }
    let [longest, total, span] = [0, 0, 0];
    for (const [i, id] of samples.entries()) {
      span = own.has(id) ? span + timeDeltas[i] : 0;
      if (own.has(id)) total += timeDeltas[i];
      longest = Math.max(longest, span);
    }
    return { longest: longest / 1000, total: total / 1000 };
  };
}
