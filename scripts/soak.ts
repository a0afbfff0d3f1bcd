/**
 * npm run soak -- [--minutes M] [--seed S]: random typing, undo, selections, themes, documents and toggles in a real
 * window, with real keys. Passes if each text is what was typed, nothing stale is shown at the end, no rejection of ours
 * is unhandled, and memory stays level.
 */
import { parseArgs } from 'node:util';
import { runInHost } from '../test/host/runTests.ts';
import { allParts, buildParts } from './build.ts';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, seed: { type: 'string', default: '1' } },
});
const minutes = Number(values.minutes);
if (!(minutes > 0) || !Number.isSafeInteger(Number(values.seed))) {
  console.error('npm run soak: --minutes takes a number above 0, --seed a whole number');
  process.exit(2);
}
await buildParts(allParts);
// The window is given up when it does nothing for long after the time is over.
process.env.TOKENSCOPE_TEST_TIMEOUT = String((minutes + 5) * 60_000);
const passed = await runInHost({
  entry: 'test/host/tools/soak.ts',
  env: {
    TOKENSCOPE_SOAK_MINUTES: String(minutes),
    TOKENSCOPE_SOAK_SEED: values.seed,
    // glibc keeps more and more of what was freed, up to arrays of 32 MB, unless this is set: what is resident then
    // says nothing of what is used.
    MALLOC_MMAP_THRESHOLD_: String(2 ** 18),
  },
  settings: {
    'editor.quickSuggestions': { other: 'off', comments: 'off', strings: 'off' },
    'editor.wordWrap': 'off',
    'editor.occurrencesHighlight': 'off',
  },
});
process.exitCode = passed ? 0 : 1;
