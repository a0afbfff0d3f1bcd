import { join } from 'node:path';
import { Engine } from '../src/runtime/engine.ts';
import { bundledModelPath } from '../src/weights/bundled.ts';
import { root } from './lib/paths.ts';

/** Works out the divisors of the bundled model's int8 quantisation again, to be shipped beside it. */
const path = bundledModelPath(root);
const engine = new Engine();
const loading = engine.load({ path, precision: 'int8', cacheDir: join(root, 'media/models/int8'), recalibrate: true });
let step = await loading.next();
while (!step.done) step = await loading.next();
process.stdout.write(`${step.value.name}: ${Math.round(step.value.loadMs)} ms\n`);
process.exit();
