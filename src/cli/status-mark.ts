import type { Colour } from './terminal.ts';

/** The glyph and the colour of a status word, the same in every command. */
export function statusMark(status: string): { readonly glyph: string; readonly colour: Colour } {
	return marks[status] ?? { glyph: '·', colour: 'gray' };
}

/** What turns in place of the mark of something that runs. `now` in ms. */
export function spinnerAt(now: number): string {
	return frames[Math.floor(now / frameMs) % frames.length] ?? '◐';
}

const frames = ['◐', '◓', '◑', '◒'] as const;
const frameMs = 120;

const marks: { readonly [status: string]: { readonly glyph: string; readonly colour: Colour } | undefined } = {
	queued: { glyph: '○', colour: 'gray' },
	running: { glyph: '◐', colour: 'blue' },
	passed: { glyph: '✓', colour: 'green' },
	failed: { glyph: '✕', colour: 'red' },
	cancelled: { glyph: '■', colour: 'yellow' },
	skipped: { glyph: '⊘', colour: 'gray' },
	blocked: { glyph: '‖', colour: 'yellow' },
	live: { glyph: '●', colour: 'green' },
	superseded: { glyph: '○', colour: 'gray' },
	'rolled-back': { glyph: '↩', colour: 'red' },
};
