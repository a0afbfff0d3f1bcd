/**
 * npm run storm -- [--requests N] [--seed S]: random requests to a real worker with small models, eight at once, with
 * aborts, loads of another model and kills between. Passes if every answer is the one that the same request gets alone
 * (to 1e-4), every error is the product's own and has a reason, every request ends, and memory stays level.
 */
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Storm, StormFault } from '../test/storm/storm.ts';
import { buildParts } from './build.ts';
import { inRoot } from './lib/paths.ts';

/** Of the process, the worker included; kills and collections make it go up and down. */
const MOST_GROWTH = 1.35;
/** Of this side, where calls that never end would be held. */
const MOST_HELD = 16 << 20;

const { values } = parseArgs({
  options: { requests: { type: 'string', default: '10000' }, seed: { type: 'string', default: '1' } },
});
const [requests, seed] = [values.requests, values.seed].map(Number);
if (![requests, seed].every(Number.isSafeInteger)) {
  console.error('npm run storm: --requests and --seed take whole numbers');
  process.exit(2);
}

await buildParts(['worker']);
const models = ['llama_gqa_tied', 'gpt2'].map((name) => inRoot('test/fixtures/models', name));
const storm = await Storm.create(pathToFileURL(inRoot('dist/worker.js')), models, seed);
try {
  const before = heldBytes();
  await storm.run(requests);
  const held = heldBytes() - before;
  console.log(storm.counts, `memory in MB: ${storm.memory.map((bytes) => bytes >> 20).join(' ')}`);
  const grown = growth(storm.memory);
  console.log(
    `highest memory of the second half over that of the first: ${grown.toFixed(2)}; still held: ${held} bytes`,
  );
  if (grown > MOST_GROWTH || held > MOST_HELD) throw new StormFault('memory is not level');
} catch (error) {
  if (!(error instanceof StormFault)) throw error;
  console.error(`FAILED with --seed ${seed}: ${error.message}`, storm.counts);
  process.exitCode = 1;
} finally {
  storm.dispose();
}

function heldBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

/** The second half's highest memory over that of the first; 1 where there is too little to tell. */
function growth(memory: number[]): number {
  if (memory.length < 20) return 1;
  const middle = memory.length / 2;
  return Math.max(...memory.slice(middle)) / Math.max(...memory.slice(0, middle));
}
