import { type CSSProperties, memo } from 'react';
import { type Colour, parseAnsi, type Rgb, type Segment } from './ansi.ts';
import { inkOn, readable } from './contrast.ts';
import type { Line } from './log-file.ts';

interface LogRowProps {
	readonly number: number;
	/** Undefined while it is being fetched. */
	readonly line: Line | undefined;
	/** px from the top. */
	readonly top: number;
	readonly isChosen: boolean;
	/** It shows the cause. */
	readonly isMarked: boolean;
	readonly href: string;
	readonly onChoose: (number: number, isRange: boolean) => void;
}

/** One line of a log. The number is a link, and no part of what is copied. */
export const LogRow = memo(function LogRow({ number, line, top, isChosen, isMarked, href, onChoose }: LogRowProps) {
	const { kind, text } = kindOf(line?.text ?? '');
	return (
		<div
			className={['log-row', isChosen && 'chosen', isMarked && 'marked', kind && `is-${kind}`]
				.filter(Boolean)
				.join(' ')}
			style={{ top }}
		>
			<a
				href={href}
				tabIndex={-1}
				title={line?.at}
				onClick={(event) => {
					event.preventDefault();
					onChoose(number, event.shiftKey);
				}}
			>
				<span className="hidden-text">Line </span>
				{number}
			</a>
			<span className="log-text">
				{parseAnsi(text).map((segment, index) => (
					// biome-ignore lint/suspicious/noArrayIndexKey: the pieces of a line never move
					<Piece key={index} segment={segment} />
				))}
			</span>
		</div>
	);
});

/** Lines that the runner wrote itself, and marks of what they are. */
function kindOf(text: string): { readonly kind: string; readonly text: string } {
	if (text.startsWith('##[group]')) return { kind: 'group', text: text.slice(9) };
	if (text.startsWith('##[endgroup]')) return { kind: 'end', text: '' };
	if (text.startsWith('##[debug]')) return { kind: 'debug', text: text.slice(9) };
	if (text.startsWith('▸ ')) return { kind: 'step', text };
	if (/^Error: /.test(text)) return { kind: 'error', text };
	if (/^Warning: /.test(text)) return { kind: 'warning', text };
	return { kind: '', text };
}

function Piece({ segment: { text, style } }: { readonly segment: Segment }) {
	if (Object.keys(style).length === 0) return text;
	const [ink, ground] = style.inverse === true ? [style.ground, style.ink ?? 7] : [style.ink, style.ground];
	const css: CSSProperties = {
		...(style.bold === true ? { fontWeight: 700 } : {}),
		...(style.italic === true ? { fontStyle: 'italic' } : {}),
		...(style.underline === true ? { textDecoration: 'underline' } : {}),
		...colours(ink, ground, style.dim === true),
	};
	return <span style={css}>{text}</span>;
}

const lightGround: Rgb = [255, 255, 255];
const darkGround: Rgb = [25, 26, 29];

/** Whatever a program asked for can be read, on light and on dark. */
function colours(ink: Colour | undefined, ground: Colour | undefined, isDim: boolean): CSSProperties {
	if (ground !== undefined) {
		const under = rgbOf(ground);
		const over = ink === undefined ? inkOn(under) : readable(rgbOf(ink), under);
		return { background: css(under), color: css(over) };
	}
	if (ink === undefined) return isDim ? { color: 'var(--ink-soft)' } : {};
	const colour = rgbOf(ink);
	return { color: `light-dark(${css(readable(colour, lightGround))}, ${css(readable(colour, darkGround))})` };
}

const css = ([red, green, blue]: Rgb) => `rgb(${red} ${green} ${blue})`;

function rgbOf(colour: Colour): Rgb {
	return typeof colour === 'number' ? (named[colour] ?? [128, 128, 128]) : colour;
}

/** The 16 colours of a terminal: black, red, green, yellow, blue, magenta, cyan, white, and their bright forms. */
const named: readonly Rgb[] = [
	[40, 42, 46],
	[196, 52, 44],
	[38, 139, 82],
	[170, 118, 8],
	[46, 104, 205],
	[160, 70, 180],
	[22, 134, 148],
	[190, 192, 196],
	[120, 124, 130],
	[230, 84, 74],
	[66, 176, 112],
	[214, 162, 50],
	[92, 148, 245],
	[196, 116, 216],
	[60, 176, 190],
	[240, 241, 243],
];
