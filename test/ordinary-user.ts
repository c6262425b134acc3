import { chmodSync, mkdtempSync, rmdirSync } from 'node:fs';
import { dirname } from 'node:path';

/** A user who is nobody else on this machine. */
export const ordinaryUser = 4001;

/** Before a command: root runs it as that user. */
export const becomingOrdinary = [
	'setpriv',
	`--reuid=${ordinaryUser}`,
	`--regid=${ordinaryUser}`,
	'--clear-groups',
] as const;

const tree = dirname(import.meta.dirname);
let view: string | undefined;

/** A command of this tree as root runs it as that user, who sees the tree at another place: its own may be in a folder of root's. */
export function asOrdinaryUser(argv: readonly string[]): readonly string[] {
	view ??= openView();
	const place = view;
	const seen = argv.map((word) => (word.startsWith(`${tree}/`) ? `${place}${word.slice(tree.length)}` : word));
	const script = 'mount --bind "$1" "$2" && shift 2 && exec "$@"';
	const inView = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', tree, place];
	return [...inView, ...becomingOrdinary, ...seen];
}

function openView(): string {
	const place = mkdtempSync('/var/tmp/footbridge-tree-');
	chmodSync(place, 0o755);
	process.once('exit', () => rmdirSync(place));
	return place;
}
