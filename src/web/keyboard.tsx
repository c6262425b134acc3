import { useNavigate, useRouter } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';

const goTo: { readonly [key: string]: '/' | '/runs' | '/environments' | '/metrics' } = {
	h: '/',
	r: '/runs',
	e: '/environments',
	m: '/metrics',
};

/** How long after `g` its second key counts. */
const sequenceMs = 1200;

/** The keys that work everywhere. Pages answer to others with `useKey`. */
export function useKeyboard(openHelp: () => void): void {
	const navigate = useNavigate();
	const router = useRouter();
	const lastG = useRef(Number.NEGATIVE_INFINITY);
	useEffect(() => {
		const actions = new Map<string, () => void>([
			['?', openHelp],
			['j', () => moveRow(1)],
			['k', () => moveRow(-1)],
			['Escape', () => void navigate({ to: parentOf(router.state.location.pathname) })],
		]);
		const press = (event: KeyboardEvent) => {
			if (isTaken(event)) return;
			const target = event.timeStamp - lastG.current < sequenceMs ? goTo[event.key] : undefined;
			lastG.current = event.key === 'g' ? event.timeStamp : Number.NEGATIVE_INFINITY;
			const act = target === undefined ? actions.get(event.key) : () => void navigate({ to: target });
			if (act === undefined) return;
			event.preventDefault();
			act();
		};
		window.addEventListener('keydown', press);
		return () => window.removeEventListener('keydown', press);
	}, [navigate, router, openHelp]);
}

/** Calls `act` when the key is pressed and nobody is typing. */
export function useKey(key: string, act: () => void): void {
	const latest = useRef(act);
	latest.current = act;
	useEffect(() => {
		const press = (event: KeyboardEvent) => {
			if (event.key !== key || isTaken(event)) return;
			event.preventDefault();
			latest.current();
		};
		window.addEventListener('keydown', press);
		return () => window.removeEventListener('keydown', press);
	}, [key]);
}

/** Somebody types, a dialog is open, or the browser is meant. */
function isTaken(event: KeyboardEvent): boolean {
	if (event.defaultPrevented || document.querySelector('dialog[open]') !== null) return true;
	if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return true;
	const { target } = event;
	return target instanceof HTMLElement && target.matches('input, select, textarea, [contenteditable]');
}

/** Moves the focus along the rows of the page's lists. */
function moveRow(by: 1 | -1): void {
	const rows = [...document.querySelectorAll<HTMLElement>('main [data-row]')];
	const current = rows.indexOf(document.activeElement as HTMLElement);
	const next = current === -1 ? (by === 1 ? 0 : rows.length - 1) : Math.min(Math.max(current + by, 0), rows.length - 1);
	rows[next]?.focus();
	rows[next]?.scrollIntoView({ block: 'nearest' });
}

function parentOf(path: string): string {
	if (path.startsWith('/runs/')) return '/runs';
	if (path.startsWith('/environments/') || path.startsWith('/deployments/')) return '/environments';
	return '/';
}

const keys: readonly (readonly [keys: readonly string[], what: string])[] = [
	[['j', 'k'], 'next, previous row'],
	[['Enter'], 'open the row'],
	[['Esc'], 'one level up'],
	[['g', 'h'], 'go home'],
	[['g', 'r'], 'go to runs'],
	[['g', 'e'], 'go to environments'],
	[['g', 'm'], 'go to metrics'],
	[['f'], 'follow the log'],
	[['/'], 'search the log'],
	[['n', 'p'], 'next, previous hit'],
	[['?'], 'this help'],
];

/** All keys, on one card. */
export function HelpDialog({ isOpen, onClose }: { readonly isOpen: boolean; readonly onClose: () => void }) {
	const dialog = useRef<HTMLDialogElement>(null);
	useEffect(() => {
		if (isOpen && dialog.current?.open === false) dialog.current.showModal();
		if (!isOpen) dialog.current?.close();
	}, [isOpen]);
	return (
		<dialog ref={dialog} onClose={onClose} aria-labelledby="help-title" className="help">
			<h2 id="help-title">Keyboard</h2>
			<dl>
				{keys.map(([names, what]) => (
					<div key={what}>
						<dt>
							{names.map((name) => (
								<kbd key={name}>{name}</kbd>
							))}
						</dt>
						<dd>{what}</dd>
					</div>
				))}
			</dl>
			<button type="button" className="button" onClick={onClose}>
				Close
			</button>
		</dialog>
	);
}
