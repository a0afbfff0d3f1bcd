/**
 * npm run shots -- DIR [--scene panel|depth|generate|attention|heatmap|whatIf|ghost --file NAME --line START --size 1400x900]: pictures of a scene
 * in VS Code's four themes, made of the paragraph of the example NAME whose first line begins with START.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { runInHost } from '../test/host/runTests.ts';
import { allParts, buildParts } from './build.ts';

const { values, positionals } = parseArgs({
  options: {
    scene: { type: 'string' },
    file: { type: 'string' },
    line: { type: 'string' },
    size: { type: 'string', default: '1400x900' },
  },
  allowPositionals: true,
});
const [width, height] = values.size.split('x').map(Number);
await buildParts(allParts);
const done = await runInHost({
  entry: 'test/host/tools/shots.ts',
  viewport: { width, height },
  env: {
    TOKENSCOPE_OUT: resolve(positionals[0] ?? 'out/shots'),
    ...(values.scene ? { TOKENSCOPE_SHOT_SCENE: values.scene } : {}),
    ...(values.file ? { TOKENSCOPE_SHOT_FILE: values.file } : {}),
    ...(values.line ? { TOKENSCOPE_SHOT_LINE: values.line } : {}),
  },
});
process.exitCode = done ? 0 : 1;
