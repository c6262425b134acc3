import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Rocket } from 'lucide-react';
import type { FormEvent } from 'react';
import { useMay } from './access/session.ts';
import { send } from './fetching.ts';
import { ErrorNotice } from './notices.tsx';

/** Puts a commit into the environment, and goes where one sees it happen. */
export function DeployForm({ project, environment }: { readonly project: string; readonly environment: string }) {
	const navigate = useNavigate();
	const deploy = useMutation({
		mutationFn: (at: string) => send<{ readonly deployment: string }>('/deployments', { project, environment, at }),
		onSuccess: ({ deployment }) => navigate({ to: '/deployments/$deployment', params: { deployment } }),
	});
	const mayDeploy = useMay('deploy', project);
	if (!mayDeploy) return null;
	const submit = (event: FormEvent<HTMLFormElement>) => {
		event.preventDefault();
		const at = String(new FormData(event.currentTarget).get('at') ?? '').trim();
		deploy.mutate(at === '' ? 'HEAD' : at);
	};
	return (
		<form className="deploy-form" onSubmit={submit}>
			<label className="labelled">
				Version
				<input className="field mono" name="at" placeholder="HEAD" size={14} spellCheck={false} autoCapitalize="none" />
			</label>
			<button type="submit" className="button primary" disabled={deploy.isPending}>
				<Rocket size={15} aria-hidden="true" />
				{deploy.isPending ? 'Asking …' : 'Deploy'}
			</button>
			{deploy.error === null ? null : <ErrorNotice error={deploy.error} />}
		</form>
	);
}
