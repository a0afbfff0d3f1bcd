/** npm run dump-themes: reads VS Code's four default themes out of a real window into test/browser/themes. */
import { runInHost } from '../test/host/runTests.ts';
import { inRoot } from './lib/paths.ts';

const done = await runInHost({
  entry: 'test/host/tools/themes.ts',
  env: { TOKENSCOPE_OUT: inRoot('test/browser/themes') },
});
process.exitCode = done ? 0 : 1;
