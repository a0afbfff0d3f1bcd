import { parentPort } from 'node:worker_threads';
import { serve } from '../../src/runtime/worker/serve.ts';
import { FakeEngine } from './fakeEngine.ts';

serve(new FakeEngine(), parentPort!);
