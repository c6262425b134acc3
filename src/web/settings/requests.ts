import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import type {
	AuditLine,
	MemberItem,
	PersonItem,
	ProviderItem,
	SessionItem,
	SettingItem,
	TokenItem,
} from '#core/api-access.ts';
import { ask, queryClient, send } from '../fetching.ts';
import type { ChosenScope } from './settings-frame.tsx';

interface Items<Item> {
	readonly items: readonly Item[];
}

const list = <Item>(key: string) =>
	queryOptions({ queryKey: ['settings', key], queryFn: async () => (await ask<Items<Item>>(`/${key}`)).items });

export const sessionsQuery = list<SessionItem>('sessions');
export const tokensQuery = list<TokenItem>('tokens');
export const peopleQuery = list<PersonItem>('people');
export const providersQuery = list<ProviderItem>('providers');

export const membersQuery = ({ project }: ChosenScope) =>
	queryOptions({
		queryKey: ['settings', 'members', project],
		queryFn: async () => (await ask<Items<MemberItem>>('/members', { project })).items,
	});

export const settingQuery = (kind: 'secrets' | 'variables', { project, environment }: ChosenScope) =>
	queryOptions({
		queryKey: ['settings', kind, project, environment],
		queryFn: async () => (await ask<Items<SettingItem>>(`/${kind}`, { project, environment })).items,
	});

export const auditQuery = ({ project }: ChosenScope) =>
	infiniteQueryOptions({
		queryKey: ['settings', 'audit', project],
		queryFn: ({ pageParam }) =>
			ask<{ readonly items: readonly AuditLine[]; readonly next: number | null }>('/audit', {
				project,
				before: pageParam,
				limit: 50,
			}),
		initialPageParam: undefined as number | undefined,
		getNextPageParam: (page) => page.next ?? undefined,
	});

/** Changes a setting, and looks at all of them again. */
export async function change<T>(path: string, body: object = {}): Promise<T> {
	const answer = await send<T>(path, body);
	await queryClient.invalidateQueries({ queryKey: ['settings'] });
	return answer;
}
