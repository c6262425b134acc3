import { CommandLine } from '../command-line.tsx';

/** A link or a token that nobody sees again once this page is gone. */
export function ShownOnce({ what, text }: { readonly what: string; readonly text: string }) {
	return (
		<div className="panel shown-once" role="status">
			<p>{what}</p>
			<CommandLine command={text} />
		</div>
	);
}
