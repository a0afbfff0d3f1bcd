/**
 * npm run firstuse: the first use in a new window, with nothing in the cache: from the
 * command to plain tokens and first numbers on the screen, which is looked at every 50 ms or so.
 */
import { runInHost } from '../test/host/runTests.ts';
import { allParts, buildParts } from './build.ts';

await buildParts(allParts);
process.exitCode = (await runInHost({ entry: 'test/host/tools/firstUse.ts' })) ? 0 : 1;
