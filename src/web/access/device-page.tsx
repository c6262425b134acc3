import { useMutation, useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { ask, send } from '../fetching.ts';
import { ErrorNotice, Panel } from '../notices.tsx';
import { useTitle } from '../title.ts';
import { FormField, fieldOf } from './gate.tsx';
import { takeFragment, useFreshFragment } from './session.ts';

/** Where a person says yes or no to a program that wants to sign in as them. */
export function DevicePage() {
	useTitle('Sign a program in');
	const [code, setCode] = useState(takeFragment);
	useFreshFragment();
	const submit = (event: FormEvent<HTMLFormElement>) => {
		event.preventDefault();
		setCode(fieldOf(event.currentTarget, 'code').toUpperCase());
	};
	return (
		<div className="page narrow">
			<h1>Sign a program in</h1>
			{code === '' ? (
				<form className="form" onSubmit={submit}>
					<FormField
						label="Code"
						hint="As the program shows it."
						name="code"
						autoCapitalize="characters"
						spellCheck={false}
						required
					/>
					<button type="submit" className="button primary">
						Go on
					</button>
				</form>
			) : (
				<Question key={code} code={code} onOther={() => setCode('')} />
			)}
		</div>
	);
}

function Question({ code, onOther }: { readonly code: string; readonly onOther: () => void }) {
	const path = `/devices/${encodeURIComponent(code)}`;
	const { data, error } = useQuery({
		queryKey: ['device', code],
		queryFn: () => ask<{ readonly name: string }>(path),
		retry: false,
	});
	const answer = useMutation({ mutationFn: (isGranted: boolean) => send(`${path}/answer`, { isGranted }) });
	if (answer.isSuccess)
		return (
			<p className="panel notice" role="status">
				{answer.variables ? 'It is signed in. You may close this page.' : 'It was turned away.'}
			</p>
		);
	if (error !== null)
		return (
			<>
				<ErrorNotice error={error} />
				<button type="button" className="button" onClick={onOther}>
					Another code
				</button>
			</>
		);
	if (data === undefined) return <p role="status">Looking for it …</p>;
	return (
		<Panel title={`Is it you who signs in on ${data.name}?`}>
			<div className="body form">
				<p>
					It will be able to do all that you may, for 90 days. It must show this code:{' '}
					<strong className="mono">{code}</strong>
				</p>
				<p className="soft">If you have not begun this yourself just now, say no: somebody wants to act as you.</p>
				<div className="buttons">
					<button
						type="button"
						className="button primary"
						disabled={answer.isPending}
						onClick={() => answer.mutate(true)}
					>
						Yes, sign it in
					</button>
					<button type="button" className="button" disabled={answer.isPending} onClick={() => answer.mutate(false)}>
						No
					</button>
				</div>
				{answer.error === null ? null : <ErrorNotice error={answer.error} />}
			</div>
		</Panel>
	);
}
