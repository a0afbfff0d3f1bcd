/**
 * npm run firstuse: the first use in a new window, with nothing in the cache: from the command to the frames that show
 * plain tokens and first numbers.
 */
import { runInHost } from '../test/host/runTests.ts';
import { allParts, buildParts } from './build.ts';

await buildParts(allParts);
process.exitCode = (await runInHost({ entry: 'test/host/tools/firstUse.ts' })) ? 0 : 1;
