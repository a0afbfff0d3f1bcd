/**
 * npm run fuzz -- [--count N] [--seed S] [--kind KIND] [--case N]: opens N damaged models of each kind. Passes if every
 * one either works or fails with an error of the product's own, none takes over a second of computing, and memory stays
 * bounded. A failure is told with its seed and number, by which `--case` runs it alone.
 */
import { parseArgs } from 'node:util';
import { TokenscopeError } from '../src/errors.ts';
import { Fuzzer, type Kind, kinds } from '../test/fuzz/cases.ts';

const LONGEST_MS = 1000;
const MOST_RSS = 1 << 30;

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '20000' },
    seed: { type: 'string', default: '1' },
    kind: { type: 'string' },
    case: { type: 'string' },
  },
});
const chosen = values.kind === undefined ? kinds : kinds.filter((kind) => kind === values.kind);
const [count, seed, only] = [values.count, values.seed, values.case ?? '0'].map(Number);
if (chosen.length === 0 || ![count, seed, only].every(Number.isSafeInteger)) {
  console.error(`npm run fuzz: --count, --seed and --case take whole numbers; kinds are ${kinds.join(', ')}`);
  process.exit(2);
}

/** Milliseconds this process has computed: waiting for a busy machine is no fault of the case's. */
const computed = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

let failures = 0;
const fail = (kind: Kind, number: number, why: unknown): void => {
  failures++;
  console.error(`FAILED ${kind}: --seed ${seed} --kind ${kind} --case ${number}`, why);
};

async function fuzz(fuzzer: Fuzzer, kind: Kind): Promise<void> {
  const counts = { opened: 0, refused: 0 };
  let slowest = { number: 0, ms: 0 };
  let rss = 0;
  const [from, to] = values.case === undefined ? [0, count] : [only, only + 1];
  for (let number = from; number < to; number++) {
    const began = computed();
    try {
      await fuzzer.run(kind, number);
      counts.opened++;
    } catch (error) {
      if (error instanceof TokenscopeError) counts.refused++;
      else fail(kind, number, error);
      if (values.case !== undefined) console.log(String(error));
    }
    const ms = computed() - began;
    if (ms > slowest.ms) slowest = { number, ms };
    if (ms > LONGEST_MS) fail(kind, number, `it took ${Math.round(ms)} ms`);
    rss = Math.max(rss, process.memoryUsage.rss());
  }
  if (rss > MOST_RSS) fail(kind, to - 1, `memory went up to ${rss >> 20} MB`);
  console.log(
    `${kind.padEnd(12)}${to - from} cases: ${counts.opened} opened, ${counts.refused} refused; slowest ` +
      `${Math.round(slowest.ms)} ms (case ${slowest.number}); memory at most ${rss >> 20} MB`,
  );
}

const fuzzer = await Fuzzer.create(seed);
try {
  for (const kind of chosen) await fuzz(fuzzer, kind);
} finally {
  await fuzzer.dispose();
}
console.log(`seed ${seed}: ${failures} failed`);
process.exitCode = failures === 0 ? 0 : 1;
