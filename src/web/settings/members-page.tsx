import { useMutation, useQuery } from '@tanstack/react-query';
import type { FormEvent } from 'react';
import { roles } from '#core/access/access.ts';
import { FormField, fieldOf } from '../access/gate.tsx';
import { ErrorNotice, Panel, Waiting } from '../notices.tsx';
import { change, membersQuery } from './requests.ts';
import { type ChosenScope, SettingsFrame, useScope } from './settings-frame.tsx';

/** Who may do what in a project, or everywhere. */
export function MembersPage() {
	const [scope, choice] = useScope({ withEnvironment: false });
	return (
		<SettingsFrame
			title="Members"
			lead="A role allows what is said of it, and all before it: viewer, developer (runs), deployer, admin (settings)."
		>
			{choice}
			{scope === undefined ? (
				<p className="notice panel">There is no project of which you are an admin.</p>
			) : (
				<Members scope={scope} />
			)}
		</SettingsFrame>
	);
}

function Members({ scope }: { readonly scope: ChosenScope }) {
	const { data, error } = useQuery(membersQuery(scope));
	const set = useMutation({
		mutationFn: (body: { readonly person: string; readonly role?: string }) =>
			change('/members', { ...scope, ...body }),
	});
	const submit = (event: FormEvent<HTMLFormElement>) => {
		event.preventDefault();
		const form = event.currentTarget;
		set.mutate({ person: fieldOf(form, 'person'), role: fieldOf(form, 'role') }, { onSuccess: () => form.reset() });
	};
	if (data === undefined) return <Waiting error={error} what="members" />;
	const place = scope.project ?? 'every project';
	return (
		<Panel title={`In ${place}`}>
			<form className="body form wide" onSubmit={submit}>
				<FormField label="Name" name="person" autoComplete="off" autoCapitalize="none" spellCheck={false} required />
				<label className="form-field">
					<span>Role</span>
					<select className="field" name="role" defaultValue="developer">
						{roles.map((role) => (
							<option key={role}>{role}</option>
						))}
					</select>
				</label>
				<button type="submit" className="button primary" disabled={set.isPending}>
					Give it
				</button>
			</form>
			{set.error === null ? null : <ErrorNotice error={set.error} />}
			<ul className="rows ruled">
				{data.map(({ person, name, role, source, isEverywhere }) => (
					<li key={`${person} ${isEverywhere} ${source}`} className="setting-row">
						<strong className="setting-name">{name}</strong>
						<span className="soft">
							{role}
							{isEverywhere && scope.project !== undefined ? ', everywhere' : ''}
							{source === '' ? '' : `, as ${source} says`}
						</span>
						{source !== '' || isEverywhere !== (scope.project === undefined) ? (
							<span />
						) : (
							<button
								type="button"
								className="button small"
								disabled={set.isPending}
								onClick={() => set.mutate({ person })}
							>
								Take away<span className="hidden-text"> the role of {name}</span>
							</button>
						)}
					</li>
				))}
			</ul>
		</Panel>
	);
}
