import { useMutation, useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { type Role, roles } from '#core/access/access.ts';
import { FormField, fieldOf, passwordOf } from '../access/gate.tsx';
import { CommandLine } from '../command-line.tsx';
import { ErrorNotice, Panel, Waiting } from '../notices.tsx';
import { ConfirmButton } from './confirm-button.tsx';
import { change, providersQuery } from './requests.ts';
import { SettingsFrame } from './settings-frame.tsx';

/** Services that vouch for people. */
export function ProvidersPage() {
	const { data, error } = useQuery(providersQuery);
	const remove = useMutation({ mutationFn: (provider: string) => change('/providers/remove', { provider }) });
	return (
		<SettingsFrame
			title="Sign-in"
			lead="Any service that speaks OpenID Connect can vouch for people. It must know this address of yours:"
		>
			<CommandLine command={`${location.origin}/api/v1/sign-in/callback`} />
			<NewProviderPanel />
			{data === undefined ? <Waiting error={error} what="providers" /> : null}
			{data === undefined || data.length === 0 ? null : (
				<Panel title="Those there are">
					<ul className="rows">
						{data.map(({ provider, issuer, map }) => (
							<li key={provider} className="setting-row">
								<strong className="setting-name">{provider}</strong>
								<span className="soft">
									{issuer} ·{' '}
									{map
										.map(({ group, role, project }) => `${group}: ${role}${project === '*' ? '' : ` in ${project}`}`)
										.join(', ') || 'no groups'}
								</span>
								<ConfirmButton
									label="Remove"
									sure={`Remove ${provider}`}
									isPending={remove.isPending}
									act={() => remove.mutate(provider)}
								/>
							</li>
						))}
					</ul>
					{remove.error === null ? null : <ErrorNotice error={remove.error} />}
				</Panel>
			)}
		</SettingsFrame>
	);
}

function NewProviderPanel() {
	const [wrong, setWrong] = useState('');
	const set = useMutation({ mutationFn: (body: object) => change('/providers', body) });
	const submit = (event: FormEvent<HTMLFormElement>) => {
		event.preventDefault();
		const form = event.currentTarget;
		const lines = fieldOf(form, 'map')
			.split('\n')
			.filter((line) => line.trim() !== '');
		const map = lines.map(mapped);
		const bad = lines.find((_, index) => map[index] === undefined);
		setWrong(bad ?? '');
		if (bad !== undefined) return;
		const clientSecret = passwordOf(form, 'clientSecret');
		const fields = {
			provider: fieldOf(form, 'provider'),
			issuer: fieldOf(form, 'issuer'),
			clientId: fieldOf(form, 'clientId'),
		};
		const claim = fieldOf(form, 'claim');
		set.mutate(
			{ ...fields, map, ...(claim === '' ? {} : { claim }), ...(clientSecret === '' ? {} : { clientSecret }) },
			{ onSuccess: () => form.reset() },
		);
	};
	return (
		<Panel title="Set one">
			<form className="body form wide" onSubmit={submit} autoComplete="off">
				<FormField label="Name" name="provider" autoCapitalize="none" spellCheck={false} required />
				<FormField label="Issuer" name="issuer" type="url" placeholder="https://id.example.org" required />
				<FormField label="Client" name="clientId" spellCheck={false} required />
				<FormField label="Secret of the client" name="clientSecret" type="password" autoComplete="off" />
				<FormField label="Claim with the groups" name="claim" placeholder="groups" spellCheck={false} />
				<label className="form-field grows">
					<span>Roles of groups, one a line</span>
					<textarea
						className="field mono"
						name="map"
						rows={3}
						placeholder={'ops=admin\nweb=developer@shop'}
						spellCheck={false}
					/>
				</label>
				<button type="submit" className="button primary" disabled={set.isPending}>
					Set
				</button>
			</form>
			{wrong === '' ? null : (
				<p role="alert" className="body">
					{wrong} is not group=role, or group=role@project.
				</p>
			)}
			{set.error === null ? null : <ErrorNotice error={set.error} />}
		</Panel>
	);
}

function mapped(line: string): { readonly group: string; readonly role: Role; readonly project?: string } | undefined {
	const [, group = '', word, project] = /^(.+)=(\w+)(?:@(.+))?$/.exec(line.trim()) ?? [];
	const role = roles.find((known) => known === word);
	return role === undefined ? undefined : { group, role, ...(project === undefined ? {} : { project }) };
}
