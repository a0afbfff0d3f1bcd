/** Runs in the extension host: what `extensionTestsPath` names. Runs the bundled tests beside it with mocha. */
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type MochaClass from 'mocha';

declare const __dirname: string;

/** @throws when a test fails; the program then exits with status 1. */
export async function run(): Promise<void> {
  const root = process.env.TOKENSCOPE_TEST_ROOT ?? dirname(dirname(__dirname));
  const require = createRequire(join(root, 'package.json'));
  const Mocha = require('mocha') as typeof MochaClass;
  const mocha = new Mocha({
    ui: 'bdd',
    color: false,
    timeout: 60_000,
    // A window on a busy machine may lose a key. What was tried again is listed at the end of the run.
    retries: 1,
    reporter: join(root, 'test', 'reporter.cjs'),
  });
  if (process.env.TOKENSCOPE_TEST_GREP) mocha.grep(process.env.TOKENSCOPE_TEST_GREP);
  const files = readdirSync(__dirname).filter((file) => file.endsWith('.test.cjs'));
  for (const file of files.sort()) mocha.addFile(join(__dirname, file));
  await new Promise<void>((resolve, reject) => {
    mocha.run((failures) => (failures > 0 ? reject(new Error(`${failures} failed`)) : resolve()));
  });
}
