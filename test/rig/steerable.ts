import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A real process whose end a test decides, so that a test never guesses how long something takes. */
export interface Steerable extends Disposable {
	/** Shell text that becomes the process; also usable as a workflow's `run`. Only for rooms that see this machine's `/tmp`. */
	readonly command: string;
	/** Resolves with the process id when it runs; rejects after ten seconds. */
	started(): Promise<number>;
	/** Makes it end. */
	exit(code: number): void;
	/** Names of the signals it got and outlived, in order. */
	readonly signals: readonly string[];
}

/** Makes a steerable process. `stubborn`: it outlives SIGINT and SIGTERM, and tells them. */
export function steerable(options: { readonly stubborn?: boolean } = {}): Steerable {
	const folder = mkdtempSync(join(tmpdir(), 'footbridge-steerable-'));
	const trap = (signal: string) => `trap 'echo ${signal} >> ${folder}/signals' ${signal}`;
	const command = [
		...(options.stubborn === true ? [trap('INT'), trap('TERM')] : []),
		`echo $$ > ${folder}/pid.new && mv ${folder}/pid.new ${folder}/pid`,
		`until [ -f ${folder}/exit ]; do sleep 0.02 || true; done`,
		`exit "$(cat ${folder}/exit)"`,
	].join('\n');
	return {
		command,
		async started() {
			for (let waited = 0; waited < 500; waited++) {
				if (existsSync(join(folder, 'pid'))) return Number(readFileSync(join(folder, 'pid'), 'utf8'));
				await sleep(20);
			}
			throw new Error('the steerable process did not start within ten seconds');
		},
		exit(code) {
			writeFileSync(join(folder, 'exit.new'), String(code));
			writeFileSync(join(folder, 'exit'), String(code));
		},
		get signals() {
			const file = join(folder, 'signals');
			return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
		},
		[Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
	};
}
