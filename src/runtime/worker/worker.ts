import { parentPort, workerData } from 'node:worker_threads';
import { Engine } from '../engine.ts';
import { startPulse } from '../pulse.ts';
import { serve } from './serve.ts';

// The worker's entry: an engine behind the port it was started with.
if (parentPort) {
  startPulse((workerData as { pulse: SharedArrayBuffer }).pulse);
  serve(new Engine(), parentPort);
}
