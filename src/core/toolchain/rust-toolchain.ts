import { parse as parseToml } from 'smol-toml';
import { fieldOf, textOf } from './fields.ts';

/** A toolchain of Rust with what is to be in it. */
export interface RustWanted {
	/** As rustup names it: `stable`, `nightly-2026-01-01`, `1.75.0`. */
	readonly toolchain: string;
	readonly components: readonly string[];
	readonly targets: readonly string[];
	readonly profile: 'minimal' | 'default' | 'complete';
}

const weekMs = 7 * 24 * 3600_000;
/** When 1.0 would have come out, had all releases been six weeks apart since. */
const firstRelease = 16_569 * 24 * 3600_000;

/** What `toolchain` of dtolnay/rust-toolchain stands for: it counts releases back from today, too. */
export function rustToolchain(asked: string, now: number): string {
	const text = asked.trim();
	const current = Math.floor((now - firstRelease) / (6 * weekMs));
	const back = /^stable minus (\d+) releases?$/.exec(text)?.[1];
	if (back !== undefined) return `1.${current - Number(back)}`;
	const [, count, unit] = /^stable (\d+) (year|month|week|day)s? ago$/.exec(text) ?? [];
	if (count === undefined) return text;
	const days = { year: 365.25, month: 30.4375, week: 7, day: 1 }[unit ?? ''] ?? 0;
	return `1.${Math.floor((now - Number(count) * days * 24 * 3600_000 - firstRelease) / (6 * weekMs))}`;
}

/** What the versions of dtolnay/rust-toolchain that are named after a tool stand for. */
export function rustVersion(ref: string): Pick<RustWanted, 'toolchain' | 'components'> | undefined {
	if (ref === 'clippy') return { toolchain: 'nightly', components: ['clippy'] };
	if (ref === 'miri') return { toolchain: 'nightly', components: ['miri', 'rust-src'] };
	return isRustToolchain(ref) ? { toolchain: ref, components: [] } : undefined;
}

/** Whether it is a name that rustup may be given: it becomes a word of its command line and a folder. */
export function isRustToolchain(text: string): boolean {
	return /^(?:stable|beta|nightly|\d+\.\d+(?:\.\d+)?(?:-beta(?:\.\d+)?)?)(?:-\d{4}-\d{2}-\d{2})?(?:-[a-z0-9_]+(?:-[a-z0-9_.]+){1,3})?$/.test(
		text,
	);
}

/** Whether what it names changes with time. */
export function isMoving(toolchain: string): boolean {
	return /^(?:stable|beta|nightly)(?!-\d{4}-)|^\d+\.\d+(?:-[a-z]|$)/.test(toolchain);
}

/** What `rust-toolchain.toml`, or the older file of one line, asks for. */
export function rustToolchainIn(text: string): Partial<RustWanted> {
	if (!text.includes('[toolchain]')) return text.trim() === '' ? {} : { toolchain: text.trim() };
	try {
		const read = parseToml(text);
		const list = (name: string) => [fieldOf(read, 'toolchain', name) ?? []].flat().map(String);
		const toolchain = textOf(fieldOf(read, 'toolchain', 'channel'));
		const profile = textOf(fieldOf(read, 'toolchain', 'profile'));
		return {
			...(toolchain === undefined ? {} : { toolchain }),
			...(profile === 'minimal' || profile === 'default' || profile === 'complete' ? { profile } : {}),
			components: list('components'),
			targets: list('targets'),
		};
	} catch {
		return {};
	}
}
