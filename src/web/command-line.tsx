import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';

/** A command with a button that copies it. */
export function CommandLine({ command }: { readonly command: string }) {
	return (
		<div className="command">
			<code>{command}</code>
			<CopyButton text={command} label="Copy" />
		</div>
	);
}

/** Copies a text, and says that it did. */
export function CopyButton({
	text,
	label,
}: {
	readonly text: string | (() => Promise<string>);
	readonly label: string;
}) {
	const [isDone, setDone] = useState(false);
	useEffect(() => {
		if (!isDone) return;
		const timer = setTimeout(() => setDone(false), 1500);
		return () => clearTimeout(timer);
	}, [isDone]);
	const copy = async () => {
		await navigator.clipboard.writeText(typeof text === 'string' ? text : await text());
		setDone(true);
	};
	return (
		<button type="button" className="button small" onClick={() => void copy().catch(() => setDone(false))}>
			{isDone ? <Check size={14} aria-hidden="true" /> : <Copy size={14} aria-hidden="true" />}
			<span aria-live="polite">{isDone ? 'Copied' : label}</span>
		</button>
	);
}
