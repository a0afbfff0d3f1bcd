import assert from 'node:assert/strict';
import { TokenscopeError } from '../../src/errors.ts';
import { Fuzzer, kinds } from '../fuzz/cases.ts';

const SEED = 12;
const CASES = 300;

describe('damaged models', () => {
  let fuzzer: Fuzzer;
  before(async () => {
    fuzzer = await Fuzzer.create(SEED);
  });
  after(() => fuzzer.dispose());

  for (const kind of kinds)
    it(`work or are refused with an error of our own: ${kind}`, async () => {
      let refused = 0;
      for (let number = 0; number < CASES; number++) {
        await fuzzer.run(kind, number).catch((error: unknown) => {
          assert.ok(error instanceof TokenscopeError, `seed ${SEED}, ${kind} ${number}: ${error}`);
          refused++;
        });
      }
      // Neither does all damage go unnoticed, nor is every file damaged where it matters.
      assert.ok(refused > 0 && refused < CASES, `${refused} of ${CASES} refused`);
    });
});
