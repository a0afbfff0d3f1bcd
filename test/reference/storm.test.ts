import assert from 'node:assert/strict';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildParts } from '../../scripts/build.ts';
import { fixture, repositoryRoot } from '../fixtures.ts';
import { Storm } from '../storm/storm.ts';

const SEED = 12;
const STEPS = 300;

describe('storm of requests on a real worker', () => {
  before(() => buildParts(['worker']));

  it('has only right answers, and errors that have a reason', async function () {
    this.timeout(180_000); // a request that never ends is told before
    const models = ['llama_gqa_tied', 'gpt2'].map((name) => fixture('models', name));
    const storm = await Storm.create(pathToFileURL(join(repositoryRoot, 'dist/worker.js')), models, SEED);
    try {
      await storm.run(STEPS);
      const { right, aborted, refused } = storm.counts;
      assert.ok(right > STEPS / 3 && aborted > 0 && refused > 0, `seed ${SEED}: ${JSON.stringify(storm.counts)}`);
    } finally {
      storm.dispose();
    }
  });
});
