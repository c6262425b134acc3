import './json-hook.ts';
import { parentPort } from 'node:worker_threads';
import { problemOf } from '#core/result.ts';
import type { Answer, Request } from './worker-messages.ts';

// The parser can only be loaded once the hook above is in place.
const [{ planWorkflow }, { parseAction }] = await Promise.all([
	import('#core/workflow/plan-workflow.ts'),
	import('#core/action/parse-action.ts'),
]);

parentPort?.on('message', (request: Request) => parentPort?.postMessage(answer(request)));
warmUp();
parentPort?.postMessage('ready');

function answer(request: Request): Answer {
	try {
		if (request.kind === 'action') return { kind: 'action', action: parseAction(request.path, request.text) };
		return { kind: 'plan', planned: planWorkflow(request.path, request.text, request.request) };
	} catch (error) {
		return { kind: 'failed', problem: { ...problemOf(error), where: request.path } };
	}
}

/** The first file builds the schema: a file's clock should not pay for that. */
function warmUp(): void {
	const text = 'on: push\njobs: {warm: {runs-on: any, steps: [{run: "true"}]}}';
	const trigger = { event: 'push', ref: 'refs/heads/main', sha: '', payload: {} };
	answer({ kind: 'plan', path: 'warm.yml', text, request: { trigger } });
}
