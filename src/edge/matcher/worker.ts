import { setFlagsFromString } from 'node:v8';
import { parentPort } from 'node:worker_threads';
import { LineSearch } from './line-search.ts';
import type { LinesRequest } from './worker-messages.ts';

// An expression that goes astray is handed to V8's linear engine, where that one can read it.
setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');

const search = new LineSearch();
parentPort?.on('message', (request: LinesRequest) => parentPort?.postMessage(search.look(request)));
