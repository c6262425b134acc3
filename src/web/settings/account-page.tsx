import { useMutation, useQuery } from '@tanstack/react-query';
import type { FormEvent } from 'react';
import type { SessionView, SignedInView } from '#core/api-access.ts';
import { FormField, passwordOf } from '../access/gate.tsx';
import { sessionQuery, signOut, takeProof } from '../access/session.ts';
import { send } from '../fetching.ts';
import { ErrorNotice, Panel, Waiting } from '../notices.tsx';
import { Ago } from '../time.tsx';
import { change, sessionsQuery } from './requests.ts';
import { SettingsFrame } from './settings-frame.tsx';

/** One's own account: who one is, what one may do, the password, and where one is signed in. */
export function AccountPage() {
	const session = useQuery(sessionQuery).data;
	const leave = useMutation({ mutationFn: signOut });
	if (session?.person === undefined || session.person === null) return null;
	const { name, isLocal } = session.person;
	return (
		<SettingsFrame title={name}>
			<div className="columns">
				<Panel
					title="What you may do"
					aside={
						<button type="button" className="button small" disabled={leave.isPending} onClick={() => leave.mutate()}>
							Sign out
						</button>
					}
				>
					<div className="body">
						<Roles grants={session.grants} />
						{leave.error === null ? null : <ErrorNotice error={leave.error} />}
					</div>
				</Panel>
				{isLocal ? null : <PasswordPanel hasPassword={session.person.hasPassword} />}
			</div>
			<Sessions />
		</SettingsFrame>
	);
}

function Roles({ grants }: Pick<SessionView, 'grants'>) {
	if (grants.length === 0) return <p>You have no role yet: ask an admin for one.</p>;
	return (
		<dl className="facts">
			{grants.map(({ project, role }) => (
				<div key={`${project} ${role}`} className="fact-row">
					<dt>{project === '*' ? 'everywhere' : project}</dt>
					<dd>{role}</dd>
				</div>
			))}
		</dl>
	);
}

function PasswordPanel({ hasPassword }: { readonly hasPassword: boolean }) {
	const set = useMutation({
		mutationFn: (body: { readonly old?: string; readonly password: string }) => send<SignedInView>('/password', body),
		onSuccess: ({ proof }) => takeProof(proof),
	});
	const submit = (event: FormEvent<HTMLFormElement>) => {
		event.preventDefault();
		const form = event.currentTarget;
		const old = hasPassword ? { old: passwordOf(form, 'old') } : {};
		set.mutate({ ...old, password: passwordOf(form, 'password') }, { onSuccess: () => form.reset() });
	};
	return (
		<Panel title="Password">
			<form className="body form" onSubmit={submit}>
				{hasPassword ? (
					<FormField label="The one you have" name="old" type="password" autoComplete="current-password" required />
				) : null}
				<FormField label="A new one" name="password" type="password" autoComplete="new-password" required />
				<button type="submit" className="button" disabled={set.isPending}>
					Change it
				</button>
				{set.isSuccess ? <p role="status">It is changed; all other sessions have ended.</p> : null}
				{set.error === null ? null : <ErrorNotice error={set.error} />}
			</form>
		</Panel>
	);
}

function Sessions() {
	const { data, error } = useQuery(sessionsQuery);
	const end = useMutation({ mutationFn: (body: { readonly session?: string }) => change('/sessions/end', body) });
	if (data === undefined) return <Waiting error={error} what="sessions" />;
	const others = data.filter(({ isThis }) => !isThis);
	return (
		<Panel
			title="Where you are signed in"
			aside={
				others.length === 0 ? null : (
					<button type="button" className="button small" disabled={end.isPending} onClick={() => end.mutate({})}>
						End all others
					</button>
				)
			}
		>
			{data.length === 0 ? <p className="notice">No browser session.</p> : null}
			<ul className="rows">
				{data.map(({ session, device, way, usedAt, isThis }) => (
					<li key={session} className="setting-row">
						<span className="setting-name">
							{device}
							{isThis ? <strong> · this one</strong> : null}
						</span>
						<span className="soft">
							by {way}, used <Ago at={new Date(usedAt).toISOString()} />
						</span>
						{isThis ? (
							<span />
						) : (
							<button
								type="button"
								className="button small"
								disabled={end.isPending}
								onClick={() => end.mutate({ session })}
							>
								End<span className="hidden-text"> the session of {device}</span>
							</button>
						)}
					</li>
				))}
			</ul>
		</Panel>
	);
}
