import { useEffect } from 'react';
import type { Tone } from './status.tsx';

/** The tab's title, and its icon in the colour of what the page shows. */
export function useTitle(title: string, mark?: { readonly tone: Tone; readonly glyph: string }): void {
	const { tone, glyph } = mark ?? {};
	useEffect(() => {
		document.title = `${glyph === undefined ? '' : `${glyph} `}${title} · Footbridge`;
		const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
		if (link !== null) link.href = tone === undefined ? '/favicon.svg' : iconOf(tone);
	}, [title, tone, glyph]);
}

const marks: { readonly [tone in Tone]: readonly [colour: string, path: string] } = {
	passed: ['#1a7f4b', 'M9 17l5 5 9-11'],
	failed: ['#c3342b', 'M10 10l12 12M22 10l-12 12'],
	running: ['#2563c9', 'M16 8v8l6 4'],
	warning: ['#a06400', 'M16 8v10M16 23v1'],
	quiet: ['#6b6f76', 'M10 16h12'],
};

/** Told apart by their shape as well as by their colour. */
function iconOf(tone: Tone): string {
	const [colour, path] = marks[tone];
	const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><circle cx="16" cy="16" r="15" fill="${colour}"/><path d="${path}" fill="none" stroke="#fff" stroke-width="3.5" stroke-linecap="round" stroke-linejoin="round"/></svg>`;
	return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
