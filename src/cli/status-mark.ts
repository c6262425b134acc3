import type { Colour } from './terminal.ts';

/** The glyph and the colour of a status word, the same in every command. */
export function statusMark(status: string): { readonly glyph: string; readonly colour: Colour } {
	return marks[status] ?? { glyph: '·', colour: 'gray' };
}

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
