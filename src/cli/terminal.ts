import { styleText } from 'node:util';
import { widthOf } from './line-fit.ts';

export type Colour = 'red' | 'green' | 'yellow' | 'blue' | 'magenta' | 'cyan' | 'gray' | 'bold' | 'dim';

/** Gives a text a colour, where the terminal has colours. */
type Paint = (colour: Colour | readonly Colour[], text: string) => string;

/** Where a command writes: lines that stay, and below them, on a real terminal, a region that is drawn again and again. */
export interface Terminal {
	/** Columns now; 80 where there is no terminal. */
	readonly columns: number;
	readonly rows: number;
	/** False for a pipe, a file and `TERM=dumb`: nothing is ever drawn again there. */
	readonly isLive: boolean;
	readonly hasColour: boolean;
	readonly paint: Paint;
	print(...lines: readonly string[]): void;
	/** Replaces the region; nothing where the terminal is not live. */
	draw(lines: readonly string[]): void;
	/** The region as it is now stays, and a new one begins below it. */
	keep(): void;
}

/**
 * Whether an output gets colours. What is said for this program alone goes before what is said for all: `FORCE_COLOR`, then
 * `NO_COLOR`, then `CLICOLOR_FORCE`, then `CLICOLOR`, then what the terminal is.
 */
export function wantsColour(env: NodeJS.ProcessEnv, isTerminal: boolean): boolean {
	const { FORCE_COLOR: force, NO_COLOR: no, CLICOLOR_FORCE: anywhere, CLICOLOR: here, TERM: term } = env;
	if (force !== undefined) return !['0', 'false'].includes(force);
	if (no !== undefined && no !== '') return false;
	if (anywhere !== undefined && anywhere !== '' && anywhere !== '0') return true;
	return isTerminal && here !== '0' && term !== 'dumb';
}

export type OutputStream = Pick<NodeJS.WriteStream, 'write'> &
	Partial<Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'rows'>>;

/** Makes a terminal of an output stream, with the colours and the liveness that the environment allows. */
export function openTerminal(stream: OutputStream, env: NodeJS.ProcessEnv = process.env): Terminal {
	const isLive = stream.isTTY === true && env['TERM'] !== 'dumb';
	const hasColour = wantsColour(env, stream.isTTY === true);
	let region: readonly string[] = [];
	const columns = () => Math.max(20, stream.columns || 80);

	// A region line takes more than one row when the window was made narrower since.
	const height = () => region.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / columns())), 0);
	const back = () => (region.length === 0 ? '' : `\u001b[${height()}A\r`);
	const text = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');
	// Line by line: some terminals keep a copy of what is erased from the first row on, and one frame is no history.
	const over = (lines: readonly string[]) =>
		region.length === 0 ? text(lines) : `${back()}${lines.map((line) => `${line}\u001b[K\n`).join('')}\u001b[J`;

	return {
		get columns() {
			return columns();
		},
		get rows() {
			// A pseudo-terminal that nobody gave a size says 0.
			return stream.rows || 24;
		},
		isLive,
		hasColour,
		paint: (colour, part) =>
			hasColour ? styleText(colour as Parameters<typeof styleText>[0], part, { validateStream: false }) : part,
		print: (...lines) => {
			stream.write(over([...lines, ...region]));
		},
		draw: (lines) => {
			if (!isLive) return;
			stream.write(over(lines));
			region = lines;
		},
		keep: () => {
			region = [];
		},
	};
}
