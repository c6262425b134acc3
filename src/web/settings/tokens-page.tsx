import { useMutation, useQuery } from '@tanstack/react-query';
import type { FormEvent } from 'react';
import { permissions } from '#core/access/access.ts';
import type { NewToken, TokenItem } from '#core/api-access.ts';
import { FormField, fieldOf } from '../access/gate.tsx';
import { projectsQuery } from '../fetching.ts';
import { ErrorNotice, Panel, Waiting } from '../notices.tsx';
import { Ago, localTime } from '../time.tsx';
import { ConfirmButton } from './confirm-button.tsx';
import { change, tokensQuery } from './requests.ts';
import { SettingsFrame } from './settings-frame.tsx';
import { ShownOnce } from './shown-once.tsx';

/** What programs sign in with. */
export function TokensPage() {
	const { data, error } = useQuery(tokensQuery);
	return (
		<SettingsFrame
			title="Tokens"
			lead="What programs sign in with. A token may do what its scopes say, as far as you may do it yourself."
		>
			<NewTokenPanel />
			{data === undefined ? <Waiting error={error} what="tokens" /> : <TokenList tokens={data} />}
		</SettingsFrame>
	);
}

const says = { read: 'look', run: 'start and stop runs', deploy: 'deploy', configure: 'change settings' } as const;
const times = [
	[7, '7 days'],
	[30, '30 days'],
	[90, '90 days'],
	[365, 'a year'],
	[0, 'it does not end'],
] as const;

function NewTokenPanel() {
	const { data: projects = [] } = useQuery(projectsQuery);
	const make = useMutation({ mutationFn: (body: NewToken) => change<{ readonly text: string }>('/tokens', body) });
	const submit = (event: FormEvent<HTMLFormElement>) => {
		event.preventDefault();
		const form = event.currentTarget;
		const data = new FormData(form);
		const project = String(data.get('project') ?? '');
		const body = {
			name: fieldOf(form, 'name'),
			scopes: permissions.filter((scope) => data.get(scope) !== null),
			days: Number(data.get('days')),
			...(project === '' ? {} : { projects: [project] }),
		};
		make.mutate(body, { onSuccess: () => form.reset() });
	};
	return (
		<Panel title="A new one">
			<form className="body form wide" onSubmit={submit}>
				<FormField label="What it is for" name="name" required maxLength={100} />
				<fieldset className="choices">
					<legend>It may</legend>
					{permissions.map((scope) => (
						<label key={scope}>
							<input type="checkbox" name={scope} defaultChecked={scope === 'read' || scope === 'run'} /> {says[scope]}
						</label>
					))}
				</fieldset>
				<label className="form-field">
					<span>In</span>
					<select className="field" name="project">
						<option value="">every project of yours</option>
						{projects.map(({ project }) => (
							<option key={project}>{project}</option>
						))}
					</select>
				</label>
				<label className="form-field">
					<span>For</span>
					<select className="field" name="days" defaultValue="90">
						{times.map(([days, word]) => (
							<option key={days} value={days}>
								{word}
							</option>
						))}
					</select>
				</label>
				<button type="submit" className="button primary" disabled={make.isPending}>
					Make it
				</button>
			</form>
			{make.data === undefined ? null : (
				<ShownOnce what="This is shown once. Put it where the program finds it:" text={make.data.text} />
			)}
			{make.error === null ? null : <ErrorNotice error={make.error} />}
		</Panel>
	);
}

function TokenList({ tokens }: { readonly tokens: readonly TokenItem[] }) {
	const revoke = useMutation({ mutationFn: (token: string) => change(`/tokens/${token}/revoke`) });
	if (tokens.length === 0) return <p className="notice panel">There is no token.</p>;
	return (
		<Panel title="Those there are">
			<ul className="rows">
				{tokens.map(({ token, name, personName, scopes, projects, usedAt, expiresAt }) => (
					<li key={token} className="setting-row">
						<span className="setting-name">
							<strong>{name}</strong> <span className="soft">of {personName}</span>
						</span>
						<span className="soft">
							{scopes.join(', ')}
							{projects === null ? '' : ` in ${projects.join(', ')}`} ·{' '}
							{usedAt === null ? (
								'never used'
							) : (
								<>
									used <Ago at={new Date(usedAt).toISOString()} />
								</>
							)}{' '}
							· {expiresAt === null ? 'does not end' : `until ${localTime(new Date(expiresAt).toISOString())}`}
						</span>
						<ConfirmButton
							label="Revoke"
							sure={`Revoke ${name}`}
							isPending={revoke.isPending}
							act={() => revoke.mutate(token)}
						/>
					</li>
				))}
			</ul>
			{revoke.error === null ? null : <ErrorNotice error={revoke.error} />}
		</Panel>
	);
}
