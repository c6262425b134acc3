import { useMutation, useQuery } from '@tanstack/react-query';
import type { FormEvent } from 'react';
import { FormField, fieldOf, passwordOf } from '../access/gate.tsx';
import { ErrorNotice, Panel, Waiting } from '../notices.tsx';
import { Ago } from '../time.tsx';
import { ConfirmButton } from './confirm-button.tsx';
import { change, settingQuery } from './requests.ts';
import { type ChosenScope, SettingsFrame, useScope } from './settings-frame.tsx';

type Kind = 'secrets' | 'variables';

/** Secrets of jobs: they can be set, and nobody sees them again. */
export function SecretsPage() {
	return (
		<ValuesPage
			kind="secrets"
			title="Secrets"
			lead="Workflows read them as secrets.NAME. They are encrypted, hidden in logs, and shown to nobody again; jobs with code of strangers do not get them."
		/>
	);
}

/** Variables of jobs. */
export function VariablesPage() {
	return (
		<ValuesPage
			kind="variables"
			title="Variables"
			lead="Workflows read them as vars.NAME. They are no place for secrets."
		/>
	);
}

function ValuesPage({ kind, title, lead }: { readonly kind: Kind; readonly title: string; readonly lead: string }) {
	const [scope, choice] = useScope({ withEnvironment: true });
	return (
		<SettingsFrame title={title} lead={lead}>
			{choice}
			{scope === undefined ? (
				<p className="notice panel">There is no project of which you are an admin.</p>
			) : (
				<Values kind={kind} scope={scope} />
			)}
		</SettingsFrame>
	);
}

function Values({ kind, scope }: { readonly kind: Kind; readonly scope: ChosenScope }) {
	const { data, error } = useQuery(settingQuery(kind, scope));
	const set = useMutation({
		mutationFn: (body: { readonly name: string; readonly value: string }) => change(`/${kind}`, { ...scope, ...body }),
	});
	const remove = useMutation({ mutationFn: (name: string) => change(`/${kind}/remove`, { ...scope, name }) });
	const submit = (event: FormEvent<HTMLFormElement>) => {
		event.preventDefault();
		const form = event.currentTarget;
		set.mutate({ name: fieldOf(form, 'name'), value: passwordOf(form, 'value') }, { onSuccess: () => form.reset() });
	};
	const isSecret = kind === 'secrets';
	const place =
		scope.project === undefined
			? 'every project'
			: [scope.project, scope.environment].filter((part) => part !== undefined).join(' / ');
	return (
		<Panel title={`Of ${place}`}>
			<form className="body form wide" onSubmit={submit} autoComplete="off">
				<FormField
					label="Name"
					name="name"
					className="field mono"
					autoCapitalize="characters"
					spellCheck={false}
					required
				/>
				<label className="form-field grows">
					<span>Value</span>
					<textarea className="field mono" name="value" rows={isSecret ? 2 : 1} spellCheck={false} required />
				</label>
				<button type="submit" className="button primary" disabled={set.isPending}>
					Set
				</button>
			</form>
			{set.error === null ? null : <ErrorNotice error={set.error} />}
			{data === undefined ? <Waiting error={error} what={kind} /> : null}
			{data?.length === 0 ? <p className="notice">There is none.</p> : null}
			<ul className="rows ruled">
				{(data ?? []).map(({ name, value, setAt }) => (
					<li key={name} className="setting-row">
						<strong className="setting-name mono">{name}</strong>
						<span className="soft">
							{value === undefined ? null : <code>{value} </code>}
							set <Ago at={new Date(setAt).toISOString()} />
						</span>
						<ConfirmButton
							label="Remove"
							sure={`Remove ${name}`}
							isPending={remove.isPending}
							act={() => remove.mutate(name)}
						/>
					</li>
				))}
			</ul>
			{remove.error === null ? null : <ErrorNotice error={remove.error} />}
		</Panel>
	);
}
