import { parentPort } from 'node:worker_threads';
import { Engine } from '../engine.ts';
import { serve } from './serve.ts';

// The worker's entry: an engine behind the port it was started with.
if (parentPort) serve(new Engine(), parentPort);
