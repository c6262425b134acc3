import { useMutation, useQuery } from '@tanstack/react-query';
import { useRouterState } from '@tanstack/react-router';
import type { FormEvent } from 'react';
import { CommandLine } from '../command-line.tsx';
import { send } from '../fetching.ts';
import { ErrorNotice } from '../notices.tsx';
import { FormField, fieldOf, Gate, passwordOf } from './gate.tsx';
import { sessionQuery, signIn } from './session.ts';

/** Stands in the place of every page as long as nobody is signed in; the address stays, and its page comes after. */
export function SignInPage() {
	const session = useQuery(sessionQuery).data;
	const refused = useRouterState({ select: ({ location }) => (location.search as { refused?: unknown }).refused });
	const providers = session?.providers ?? [];
	const hasPeople = session?.hasPeople ?? false;
	return (
		<Gate title="Sign in">
			{typeof refused === 'string' ? (
				<p role="alert" className="panel gate-alert">
					{refused}
				</p>
			) : null}
			{hasPeople ? <PasswordForm /> : null}
			{providers.map((provider) => (
				<ProviderButton key={provider} provider={provider} />
			))}
			<section className="gate-owner">
				<h2>{hasPeople || providers.length > 0 ? 'Is it your machine?' : 'It is your machine'}</h2>
				<p className="soft">Open the link that Footbridge printed when it started, or have another one made there:</p>
				<CommandLine command="footbridge link" />
			</section>
		</Gate>
	);
}

function PasswordForm() {
	const enter = useMutation({
		mutationFn: (account: { readonly name: string; readonly password: string }) => signIn('/sign-in', account),
	});
	const submit = (event: FormEvent<HTMLFormElement>) => {
		event.preventDefault();
		const form = event.currentTarget;
		enter.mutate({ name: fieldOf(form, 'name'), password: passwordOf(form, 'password') });
	};
	return (
		<form className="form" onSubmit={submit}>
			<FormField label="Name" name="name" autoComplete="username" autoCapitalize="none" spellCheck={false} required />
			<FormField label="Password" name="password" type="password" autoComplete="current-password" required />
			<button type="submit" className="button primary" disabled={enter.isPending}>
				{enter.isPending ? 'Signing in …' : 'Sign in'}
			</button>
			{enter.error === null ? null : <ErrorNotice error={enter.error} />}
		</form>
	);
}

function ProviderButton({ provider }: { readonly provider: string }) {
	const next = useRouterState({ select: ({ location }) => location.href });
	const go = useMutation({
		mutationFn: () =>
			send<{ readonly url: string }>('/sign-in/provider', { provider, next: next.startsWith('/sign-in') ? '/' : next }),
		onSuccess: ({ url }) => location.assign(url),
	});
	return (
		<>
			<button type="button" className="button" disabled={go.isPending} onClick={() => go.mutate()}>
				Sign in with {provider}
			</button>
			{go.error === null ? null : <ErrorNotice error={go.error} />}
		</>
	);
}
