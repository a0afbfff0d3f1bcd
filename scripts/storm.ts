/**
 * npm run storm -- [--requests N] [--seed S]: random requests to a real worker with small models, eight at once, with
 * aborts, loads of another model and kills between. Passes if every answer is the one that the same request gets alone
 * (to 1e-4), every error is the product's own and has a reason, every request ends, and memory stays level.
 */
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { Storm, StormFault } from '../test/storm/storm.ts';
import { buildParts } from './build.ts';
import { inRoot } from './lib/paths.ts';

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
  await storm.run(requests);
  console.log(storm.counts, `memory in MB: ${storm.memory.map((bytes) => bytes >> 20).join(' ')}`);
  const grown = growth(storm.memory);
  if (grown > 1.25) throw new StormFault(`memory has grown by a factor of ${grown.toFixed(2)}`);
} catch (error) {
  if (!(error instanceof StormFault)) throw error;
  console.error(`FAILED with --seed ${seed}: ${error.message}`, storm.counts);
  process.exitCode = 1;
} finally {
  storm.dispose();
}

/** The last fifth's median over that of the second; 1 where there are too few to tell. */
function growth(memory: number[]): number {
  const fifth = Math.floor(memory.length / 5);
  if (fifth < 3) return 1;
  const median = (part: number[]) => part.toSorted((a, b) => a - b)[Math.floor(part.length / 2)];
  return median(memory.slice(-fifth)) / median(memory.slice(fifth, 2 * fifth));
}
