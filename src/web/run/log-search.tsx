import { useMutation } from '@tanstack/react-query';
import { ChevronDown, ChevronUp } from 'lucide-react';
import { type FormEvent, useRef, useState } from 'react';
import { type LogAddress, searchLog } from '../fetching.ts';
import { useKey } from '../keyboard.tsx';

interface LogSearchProps {
	readonly log: LogAddress;
	/** Called with the line to go to. */
	readonly onHit: (line: number) => void;
}

/** Searches the whole log, where it is: the count is true, whatever is on the screen. */
export function LogSearch({ log, onHit }: LogSearchProps) {
	const input = useRef<HTMLInputElement>(null);
	const [index, setIndex] = useState(0);
	const search = useMutation({
		mutationFn: (text: string) => searchLog(log, text),
		onSuccess(found) {
			setIndex(0);
			const first = found.lines[0];
			if (first !== undefined) onHit(first.number);
		},
	});
	const found = search.data;
	const move = (by: number) => {
		if (found === undefined || found.lines.length === 0) return;
		const next = (index + by + found.lines.length) % found.lines.length;
		setIndex(next);
		onHit(found.lines[next]?.number ?? 1);
	};
	useKey('/', () => input.current?.focus());
	useKey('n', () => move(1));
	useKey('p', () => move(-1));
	const submit = (event: FormEvent) => {
		event.preventDefault();
		const text = input.current?.value ?? '';
		if (text === '') search.reset();
		else if (text === search.variables && found !== undefined) move(1);
		else search.mutate(text);
	};
	return (
		<form className="log-search" onSubmit={submit}>
			<input
				ref={input}
				className="field"
				type="search"
				aria-label="Search the log"
				placeholder="Search"
				onChange={(event) => event.target.value === '' && search.reset()}
				onKeyDown={(event) => {
					if (event.key !== 'Escape') return;
					// The browser would empty the field.
					event.preventDefault();
					event.currentTarget.blur();
				}}
			/>
			<span className="soft hits" role="status">
				{found === undefined ? '' : found.total === 0 ? 'none' : `${index + 1} of ${found.total.toLocaleString()}`}
			</span>
			{found === undefined || found.total < 2 ? null : (
				<>
					<button type="button" className="button small bare" onClick={() => move(-1)}>
						<ChevronUp size={16} aria-hidden="true" />
						<span className="hidden-text">Previous hit</span>
					</button>
					<button type="button" className="button small bare" onClick={() => move(1)}>
						<ChevronDown size={16} aria-hidden="true" />
						<span className="hidden-text">Next hit</span>
					</button>
				</>
			)}
		</form>
	);
}
