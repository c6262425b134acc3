import { failed, ok, type Result } from '#core/result.ts';
import { type Scope, scopeKey, settingName, wrongSetting } from '#core/secret.ts';
import type { RegisterChange } from '#edge/store/register.ts';
import type { Ports } from './ports.ts';

/** What a secret or a variable is shown as. A secret's value is never shown again. */
export interface SettingItem {
	readonly name: string;
	/** Ms since the epoch. */
	readonly setAt: number;
	/** Who, as events have it. */
	readonly setBy: string;
	/** Of a variable. */
	readonly value?: string;
}

export type SettingKind = 'secret' | 'variable';

/** Secrets and variables of the server, of projects, and of their environments. */
export interface Settings {
	list(kind: SettingKind, scope: Scope): Promise<readonly SettingItem[]>;
	set(by: string, kind: SettingKind, wanted: NewSetting): Promise<Result<void>>;
	remove(by: string, kind: SettingKind, scope: Scope, name: string): Promise<Result<void>>;
	/** A new master key for all that is sealed; answers with how many secrets that were. */
	rotate(by: string): Promise<number>;
}

interface NewSetting {
	readonly scope: Scope;
	readonly name: string;
	readonly value: string;
}

type SettingPorts = Pick<Ports, 'store' | 'clock' | 'vault'>;

export function openSettings({ store: { register }, clock, vault }: SettingPorts): Settings {
	let last: Promise<unknown> = Promise.resolve();
	/** A secret that is set while the keys change must not be written over with what it was. */
	const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
		const next = last.then(work);
		last = next.catch(() => undefined);
		return next;
	};
	return {
		async list(kind, scope) {
			const rows = await register.find(kind, { scope: scopeKey(scope) });
			return rows.map(({ name, setAt, setBy, ...row }) => ({
				...{ name, setAt, setBy },
				...('value' in row ? { value: row.value } : {}),
			}));
		},
		set: (by, kind, { scope: of, name: text, value }) =>
			inTurn(async () => {
				const [scope, name] = [scopeKey(of), settingName(text)];
				const wrong = wrongSetting(name, value);
				if (wrong !== undefined) return failed(wrong);
				const set = { scope, name, setAt: clock.now(), setBy: by };
				if (kind === 'secret' && vault === undefined) return failed(noVault);
				const change: RegisterChange =
					kind === 'secret' && vault !== undefined
						? { put: 'secret', row: { ...set, sealed: await vault.seal({ scope, name }, value) } }
						: { put: 'variable', row: { ...set, value } };
				const event = { kind: `${kind}-set` as const, scope, name };
				await register.write([change], { stream: `settings/${scope}`, by, events: [event] });
				return ok(undefined);
			}),
		remove: (by, kind, of, text) =>
			inTurn(async () => {
				const [scope, name] = [scopeKey(of), settingName(text)];
				if ((await register.find(kind, { scope, name })).length === 0) {
					const next = `footbridge ${kind} list`;
					return failed({ code: 'FB6062', what: `there is no ${kind} ${name.slice(0, 100)}`, where: scope, next });
				}
				const event = { kind: `${kind}-removed` as const, scope, name };
				const change: RegisterChange = { remove: kind, where: { scope, name } };
				await register.write([change], { stream: `settings/${scope}`, by, events: [event] });
				return ok(undefined);
			}),
		rotate: (by) =>
			inTurn(async () => {
				if (vault === undefined) return 0;
				await vault.addKey();
				const rows = await register.find('secret');
				const changes = await Promise.all(
					rows.map(async (row) => ({
						put: 'secret' as const,
						row: { ...row, sealed: await vault.rewrap(row, row.sealed) },
					})),
				);
				const event = { kind: 'keys-rotated', secrets: rows.length } as const;
				await register.write(changes, { stream: 'access/server', by, events: [event] });
				await vault.dropOldKeys();
				return rows.length;
			}),
	};
}

const noVault = { code: 'FB6061', what: 'there is nowhere to keep secrets' };
