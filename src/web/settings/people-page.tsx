import { useMutation, useQuery } from '@tanstack/react-query';
import type { FormEvent } from 'react';
import { roles } from '#core/access/access.ts';
import type { PersonItem } from '#core/api-access.ts';
import { FormField, fieldOf } from '../access/gate.tsx';
import { projectsQuery } from '../fetching.ts';
import { ErrorNotice, Panel, Waiting } from '../notices.tsx';
import { ConfirmButton } from './confirm-button.tsx';
import { change, peopleQuery } from './requests.ts';
import { SettingsFrame } from './settings-frame.tsx';
import { ShownOnce } from './shown-once.tsx';

/** Who may sign in. */
export function PeoplePage() {
	const { data, error } = useQuery(peopleQuery);
	return (
		<SettingsFrame title="People" lead="Who may sign in. What they may do in a project is said under Members.">
			<NewPersonPanel />
			{data === undefined ? <Waiting error={error} what="people" /> : <PersonList people={data} />}
		</SettingsFrame>
	);
}

function NewPersonPanel() {
	const { data: projects = [] } = useQuery(projectsQuery);
	const add = useMutation({ mutationFn: (body: object) => change<{ readonly link: string | null }>('/people', body) });
	const submit = (event: FormEvent<HTMLFormElement>) => {
		event.preventDefault();
		const form = event.currentTarget;
		const [role, project] = [fieldOf(form, 'role'), fieldOf(form, 'project')];
		add.mutate(
			{ name: fieldOf(form, 'name'), project, ...(role === '' ? {} : { role }) },
			{ onSuccess: () => form.reset() },
		);
	};
	return (
		<Panel title="Somebody new">
			<form className="body form wide" onSubmit={submit}>
				<FormField label="Name" name="name" autoComplete="off" autoCapitalize="none" spellCheck={false} required />
				<label className="form-field">
					<span>Role</span>
					<select className="field" name="role" defaultValue="developer">
						<option value="">none yet</option>
						{roles.map((role) => (
							<option key={role}>{role}</option>
						))}
					</select>
				</label>
				<label className="form-field">
					<span>In</span>
					<select className="field" name="project">
						<option value="*">every project</option>
						{projects.map(({ project }) => (
							<option key={project}>{project}</option>
						))}
					</select>
				</label>
				<button type="submit" className="button primary" disabled={add.isPending}>
					Add
				</button>
			</form>
			{add.data?.link == null ? null : (
				<ShownOnce what="Send this link: it sets the password, works once, within 7 days." text={add.data.link} />
			)}
			{add.error === null ? null : <ErrorNotice error={add.error} />}
		</Panel>
	);
}

function PersonList({ people }: { readonly people: readonly PersonItem[] }) {
	const act = useMutation({
		mutationFn: ({ person, what }: { readonly person: string; readonly what: string }) =>
			change<{ readonly link?: string }>(`/people/${person}/${what}`),
	});
	if (people.length === 0)
		return <p className="notice panel">There is no account: only the owner of this machine gets in.</p>;
	return (
		<Panel title="Those there are">
			<ul className="rows">
				{people.map(({ person, name, state, isInvited, isByProvider, grants }) => (
					<li key={person} className="setting-row">
						<span className="setting-name">
							<strong>{name}</strong>{' '}
							<span className="soft">
								{state !== 'active' ? state : isInvited ? 'invited' : isByProvider ? 'by a provider' : ''}
							</span>
						</span>
						<span className="soft">
							{grants.length === 0
								? 'no role'
								: grants
										.map(({ project, role }) => `${role} ${project === '*' ? 'everywhere' : `in ${project}`}`)
										.join(', ')}
						</span>
						<span className="buttons">
							{isByProvider ? null : (
								<button type="button" className="button small" onClick={() => act.mutate({ person, what: 'invite' })}>
									New password<span className="hidden-text"> for {name}</span>
								</button>
							)}
							<button
								type="button"
								className="button small"
								onClick={() => act.mutate({ person, what: state === 'disabled' ? 'enable' : 'disable' })}
							>
								{state === 'disabled' ? 'Enable' : 'Disable'}
								<span className="hidden-text"> {name}</span>
							</button>
							<ConfirmButton
								label="Erase"
								sure={`Erase ${name}`}
								isPending={act.isPending}
								act={() => act.mutate({ person, what: 'erase' })}
							/>
						</span>
					</li>
				))}
			</ul>
			{act.data?.link === undefined ? null : (
				<ShownOnce what="This link sets a new password; it works once, within 7 days." text={act.data.link} />
			)}
			{act.error === null ? null : <ErrorNotice error={act.error} />}
		</Panel>
	);
}
