import { parentPort, workerData } from 'node:worker_threads';
import { startPulse } from '../../src/runtime/pulse.ts';
import { serve } from '../../src/runtime/worker/serve.ts';
import { FakeEngine } from './fakeEngine.ts';

startPulse((workerData as { pulse: SharedArrayBuffer }).pulse);
serve(new FakeEngine(), parentPort!);
