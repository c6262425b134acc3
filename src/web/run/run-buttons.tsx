import { useMutation } from '@tanstack/react-query';
import { RotateCcw, Square } from 'lucide-react';
import type { RunView } from '#core/api.ts';
import { isEnded } from '#core/run.ts';
import { useMay } from '../access/session.ts';
import { send } from '../fetching.ts';

/** What can be done with a run: stop it, or let its jobs happen again. */
export function RunButtons({ run }: { readonly run: RunView }) {
	const path = `/runs/${encodeURIComponent(run.id)}`;
	const cancel = useMutation({ mutationFn: () => send(`${path}/cancel`, {}) });
	const rerun = useMutation({ mutationFn: (failed: boolean) => send(`${path}/rerun`, { failed }) });
	const mayRun = useMay('run', run.project);
	if (!mayRun) return null;
	if (!isEnded(run.status)) {
		const isAsked = run.cancel !== undefined || cancel.isPending;
		return (
			<button type="button" className="button" disabled={isAsked} onClick={() => cancel.mutate()}>
				<Square size={13} aria-hidden="true" />
				{isAsked ? 'Stopping …' : 'Cancel'}
			</button>
		);
	}
	if (run.jobs.length === 0) return null;
	if (run.secrets.length > 0) {
		const secrets = run.secrets.map((name) => `--secret ${name}`).join(' ');
		return (
			<p className="soft">
				Secrets are not kept: run it again with <code>{`footbridge rerun ${run.number} ${secrets}`}</code>
			</p>
		);
	}
	const hasFailed = run.status === 'failed' || run.status === 'cancelled';
	return (
		<div className="buttons">
			{hasFailed && run.jobs.length > 1 ? (
				<button type="button" className="button" disabled={rerun.isPending} onClick={() => rerun.mutate(true)}>
					<RotateCcw size={13} aria-hidden="true" />
					Run failed jobs again
				</button>
			) : null}
			<button type="button" className="button" disabled={rerun.isPending} onClick={() => rerun.mutate(false)}>
				<RotateCcw size={13} aria-hidden="true" />
				Run again
			</button>
			{rerun.error === null ? null : <p role="alert">{rerun.error.message}</p>}
		</div>
	);
}
