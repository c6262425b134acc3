/** A status as glyph, word and colour: never by colour alone. */
export function StatusMark({ status, pill = false }: { readonly status: string; readonly pill?: boolean }) {
	const look = lookOf(status);
	return (
		<span className={`status tone-${look.tone}${pill ? ' pill' : ''}`}>
			<span className={`glyph${status === 'running' ? ' spins' : ''}`} aria-hidden="true">
				{look.glyph}
			</span>
			{look.word}
		</span>
	);
}

/** The glyph alone where the word would repeat itself down a list; the word is there for who cannot see it. */
export function StatusGlyph({ status }: { readonly status: string }) {
	const look = lookOf(status);
	return (
		<span className={`tone-${look.tone}`} title={look.word}>
			<span className={`glyph${status === 'running' ? ' spins' : ''}`} aria-hidden="true">
				{look.glyph}
			</span>
			<span className="hidden-text">{look.word} </span>
		</span>
	);
}

export type Tone = 'passed' | 'failed' | 'running' | 'warning' | 'quiet';

export interface Look {
	readonly glyph: string;
	readonly word: string;
	readonly tone: Tone;
}

const looks: { readonly [status: string]: Look } = {
	queued: { glyph: '○', word: 'queued', tone: 'quiet' },
	running: { glyph: '◐', word: 'running', tone: 'running' },
	passed: { glyph: '✓', word: 'passed', tone: 'passed' },
	failed: { glyph: '✕', word: 'failed', tone: 'failed' },
	cancelled: { glyph: '■', word: 'cancelled', tone: 'quiet' },
	skipped: { glyph: '⊘', word: 'skipped', tone: 'quiet' },
	blocked: { glyph: '‖', word: 'blocked', tone: 'warning' },
	live: { glyph: '✓', word: 'live', tone: 'passed' },
	superseded: { glyph: '○', word: 'superseded', tone: 'quiet' },
	'rolled-back': { glyph: '↩', word: 'rolled back', tone: 'failed' },
	healthy: { glyph: '✓', word: 'healthy', tone: 'passed' },
	unhealthy: { glyph: '✕', word: 'not healthy', tone: 'failed' },
	unknown: { glyph: '○', word: 'not checked yet', tone: 'quiet' },
	alive: { glyph: '✓', word: 'alive', tone: 'passed' },
	serving: { glyph: '✓', word: 'checked just now:', tone: 'passed' },
	gone: { glyph: '✕', word: 'gone', tone: 'failed' },
};

/** How a status looks; a word that is not known is shown as it is. */
export function lookOf(status: string): Look {
	return looks[status] ?? { glyph: '○', word: status, tone: 'quiet' };
}

/** Health as a status word. */
export function healthWord(healthy: boolean | null): string {
	if (healthy === null) return 'unknown';
	return healthy ? 'healthy' : 'unhealthy';
}
