import type { Recorded } from '#core/event.ts';
import type { Store } from '#edge/store/store.ts';
import type { ProjectOf } from './authorise.ts';

/** Tells in which project something is; it never changes, so that what was asked for of late is remembered. */
export function projectsOf(store: Pick<Store, 'read'>): ProjectOf & { stream(recorded: Recorded): Promise<Belonging> } {
	const remembered = new Map<string, string>();
	const look = async (stream: string): Promise<string | undefined> => {
		const known = remembered.get(stream);
		if (known !== undefined) return known;
		const [first] = await store.read(stream);
		const project = first === undefined ? undefined : namedIn(first);
		if (project === undefined) return undefined;
		const oldest = remembered.keys().next();
		if (remembered.size >= mostRemembered && !oldest.done) remembered.delete(oldest.value);
		remembered.set(stream, project);
		return project;
	};
	return {
		run: (id) => look(`run/${id}`),
		deployment: (id) => look(`deployment/${id}`),
		async stream(recorded) {
			const [kind = '', name = ''] = recorded.stream.split('/');
			if (kind === 'access' || kind === 'settings') return 'server';
			if (named.has(kind)) return { project: name };
			const project = namedIn(recorded) ?? (await look(recorded.stream));
			return project === undefined ? 'server' : { project };
		},
	};
}

/** What an event is of: a project, or the server alone. */
export type Belonging = 'server' | { readonly project: string };

const mostRemembered = 10_000;

/** Streams whose name has the project in it. */
const named: ReadonlySet<string> = new Set(['project', 'environment', 'artifact', 'cache']);

function namedIn({ event }: Recorded): string | undefined {
	return 'project' in event && typeof event.project === 'string' ? event.project : undefined;
}
