import {
	accountBackOff,
	addressBackOff,
	type BackOff,
	type Failures,
	failedAgain,
	isForgotten,
	waitMs,
} from '#core/access/back-off.ts';
import { tooOften } from './refusal.ts';

/** Counts what fails, so that guessing gets slow: for each account, and for each address. */
export interface Tries {
	/** Leaves with 429 while it has to be waited. */
	check(account: string | undefined, address: string): void;
	failed(account: string | undefined, address: string): void;
	/** Takes one failure back: what was counted before it was checked. */
	passed(account: string, address: string): void;
}

const mostRemembered = 20_000;

export function countTries(now: () => number): Tries {
	const accounts = new Map<string, Failures>();
	const addresses = new Map<string, Failures>();
	const wait = (known: Failures | undefined, backOff: BackOff) => {
		const ms = waitMs(known, backOff, now());
		if (ms > 0) tooOften(ms);
	};
	const count = (failures: Map<string, Failures>, key: string) => {
		const next = failedAgain(failures.get(key), now());
		failures.delete(key);
		failures.set(key, next);
		if (failures.size > mostRemembered) forget(failures, now());
	};
	return {
		check(account, address) {
			wait(addresses.get(address), addressBackOff);
			if (account !== undefined) wait(accounts.get(account), accountBackOff);
		},
		failed(account, address) {
			count(addresses, address);
			if (account !== undefined) count(accounts, account);
		},
		passed(account, address) {
			accounts.delete(account);
			const known = addresses.get(address);
			if (known !== undefined) addresses.set(address, { ...known, count: known.count - 1 });
		},
	};
}

/** The oldest half, when forgetting what is long ago is not enough. */
function forget(failures: Map<string, Failures>, now: number): void {
	for (const [key, known] of failures) if (isForgotten(known, now)) failures.delete(key);
	for (const key of failures.keys()) {
		if (failures.size <= mostRemembered / 2) return;
		failures.delete(key);
	}
}
