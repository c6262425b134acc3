import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { shortestPassword } from '#core/access/account.ts';
import { ErrorNotice } from '../notices.tsx';
import { FormField, fieldOf, Gate, passwordOf } from './gate.tsx';
import { signIn, takeFragment, useFreshFragment } from './session.ts';

/** The first start: makes the first admin. */
export function SetUpPage() {
	return (
		<Gate title="Set up Footbridge">
			<p className="soft">
				Make the first account. It may do everything: let others in, say what they may do, keep secrets for jobs.
				Nothing of what ran until now is lost.
			</p>
			<NewPasswordForm path="/set-up" withName button="Make the account" />
		</Gate>
	);
}

/** Where the link of an invitation leads: sets a password. */
export function InvitePage() {
	return (
		<Gate title="Set your password">
			<p className="soft">You sign in with it from now on, and with the name that you were told.</p>
			<NewPasswordForm path="/sign-in/invite" withName={false} button="Set it and sign in" />
		</Gate>
	);
}

interface NewPasswordFormProps {
	readonly path: string;
	readonly withName: boolean;
	readonly button: string;
}

function NewPasswordForm({ path, withName, button }: NewPasswordFormProps) {
	const navigate = useNavigate();
	const [code] = useState(takeFragment);
	useFreshFragment();
	const [isDifferent, setDifferent] = useState(false);
	const make = useMutation({
		mutationFn: (account: { readonly name?: string; readonly password: string }) => signIn(path, { code, ...account }),
		onSuccess: () => navigate({ to: '/', replace: true }),
	});
	const submit = (event: FormEvent<HTMLFormElement>) => {
		event.preventDefault();
		const form = event.currentTarget;
		const password = passwordOf(form, 'password');
		const isSame = password === passwordOf(form, 'again');
		setDifferent(!isSame);
		if (isSame) make.mutate({ password, ...(withName ? { name: fieldOf(form, 'name') } : {}) });
	};
	return (
		<form className="form" onSubmit={submit}>
			{withName ? (
				<FormField label="Name" name="name" autoComplete="username" autoCapitalize="none" spellCheck={false} required />
			) : null}
			<FormField
				label="Password"
				hint={`At least ${shortestPassword} characters; several words are good.`}
				name="password"
				type="password"
				autoComplete="new-password"
				required
			/>
			<FormField label="Password, once more" name="again" type="password" autoComplete="new-password" required />
			<button type="submit" className="button primary" disabled={make.isPending}>
				{make.isPending ? 'One moment …' : button}
			</button>
			{isDifferent ? <p role="alert">These two are not the same.</p> : null}
			{make.error === null ? null : <ErrorNotice error={make.error} />}
		</form>
	);
}
