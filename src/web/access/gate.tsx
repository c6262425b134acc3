import { type ReactNode, useId } from 'react';
import { useTitle } from '../title.ts';

/** A page of somebody who is not signed in yet: one thing to do, and nothing around it. */
export function Gate({ title, children }: { readonly title: string; readonly children: ReactNode }) {
	useTitle(title);
	return (
		<main id="main" className="gate" tabIndex={-1}>
			<div className="gate-body">
				<p className="gate-brand">
					<img src="/favicon.svg" alt="" width="30" height="30" />
					<span>Footbridge</span>
				</p>
				<h1>{title}</h1>
				{children}
			</div>
		</main>
	);
}

/** A labelled field of a form, one below the other. */
export function FormField({
	label,
	hint,
	...input
}: { readonly label: string; readonly hint?: string } & React.InputHTMLAttributes<HTMLInputElement>) {
	const id = useId();
	return (
		<div className="form-field">
			<label htmlFor={id}>{label}</label>
			<input id={id} className="field" aria-describedby={hint === undefined ? undefined : `${id}-hint`} {...input} />
			{hint === undefined ? null : (
				<span id={`${id}-hint`} className="soft">
					{hint}
				</span>
			)}
		</div>
	);
}

/** The text of a form's field, without blanks around it. */
export function fieldOf(form: HTMLFormElement, name: string): string {
	return String(new FormData(form).get(name) ?? '').trim();
}

/** A password as it was typed: blanks are part of it. */
export function passwordOf(form: HTMLFormElement, name: string): string {
	return String(new FormData(form).get(name) ?? '');
}
