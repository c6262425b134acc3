import { queryOptions, useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { may, type Permission } from '#core/access/access.ts';
import type { SessionView, SignedInView } from '#core/api-access.ts';
import { ask, keepProof, queryClient, send } from '../fetching.ts';

export const sessionQuery = queryOptions({
	queryKey: ['session'],
	queryFn: () => ask<SessionView>('/session'),
	staleTime: 60_000,
});

/** Whether whoever looks at the page may do something in a project; without one: everywhere. */
export function useMay(permission: Permission, project?: string): boolean {
	const { data } = useQuery(sessionQuery);
	return data !== undefined && may({ grants: data.grants }, permission, project);
}

/** Begins a session by one of the ways there are, and forgets what was seen before it. */
export async function signIn(path: string, body: object): Promise<void> {
	const { proof } = await send<SignedInView>(path, body);
	await takeProof(proof);
}

/** Puts away what this page alone knows of its session. */
export async function takeProof(proof: string): Promise<void> {
	keepProof(proof);
	await queryClient.resetQueries();
}

export async function signOut(): Promise<void> {
	await send('/sign-out', {});
	keepProof(undefined);
	await queryClient.resetQueries();
}

/** Another link that is opened in the same tab changes nothing but the `#`: the page begins anew with it. */
export function useFreshFragment(): void {
	useEffect(() => {
		const begin = () => location.hash.length > 1 && location.reload();
		window.addEventListener('hashchange', begin);
		return () => window.removeEventListener('hashchange', begin);
	}, []);
}

/** What stands behind the `#` of the address; it is taken out of the address, which is kept in histories. */
export function takeFragment(): string {
	const text = location.hash.slice(1);
	if (text !== '') history.replaceState(history.state, '', location.pathname + location.search);
	return text;
}
