import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';

/** Height of a line, px. */
export const rowHeight = 20;
/** Browsers limit how high an element can be; beyond this, a pixel of scrolling is more than a pixel of log. */
const highest = 15_000_000;
const margin = 20;

/** Which lines of a log are on the screen, and how to bring others there. */
export interface LogWindow {
	readonly box: RefObject<HTMLElement | null>;
	readonly first: number;
	readonly last: number;
	/** Height of the whole, px. */
	readonly height: number;
	topOf(number: number): number;
	/** Brings the line to the upper third. */
	readonly show: (number: number) => void;
	readonly toEnd: () => void;
	readonly isVisible: (number: number) => boolean;
	/** To be called when it scrolled; true when a person scrolled up. */
	scrolled(): boolean;
	isAtEnd(): boolean;
}

/** The window over a log with so many lines. */
export function useLogWindow(total: number): LogWindow {
	const box = useRef<HTMLElement | null>(null);
	const lastTop = useRef(0);
	const [{ top, viewport }, setView] = useState({ top: 0, viewport: 600 });
	const full = total * rowHeight;
	const height = Math.min(full, highest);
	// The log's own offset, which scaling stretches.
	const range = Math.max(1, height - viewport);
	const offset = full <= height ? top : (Math.min(top, range) / range) * (full - viewport);
	const latest = useRef({ full, height, viewport, offset });
	latest.current = { full, height, viewport, offset };

	const measure = useCallback(() => {
		const element = box.current;
		if (element === null) return;
		setView((was) =>
			was.top === element.scrollTop && was.viewport === element.clientHeight
				? was
				: { top: element.scrollTop, viewport: element.clientHeight },
		);
	}, []);
	useEffect(() => {
		measure();
		const observer = new ResizeObserver(measure);
		if (box.current !== null) observer.observe(box.current);
		return () => observer.disconnect();
	}, [measure]);

	const scrollTo = useCallback(
		(offset: number) => {
			const element = box.current;
			if (element === null) return;
			element.scrollTop = offset;
			lastTop.current = element.scrollTop;
			measure();
		},
		[measure],
	);
	const show = useCallback(
		(number: number) => {
			const { full, height, viewport } = latest.current;
			const wanted = Math.max(0, (number - 1) * rowHeight - viewport / 3);
			scrollTo(full <= height ? wanted : (wanted / Math.max(1, full - viewport)) * (height - viewport));
		},
		[scrollTo],
	);
	const isVisible = useCallback((number: number) => {
		const { offset, viewport } = latest.current;
		return (number - 1) * rowHeight >= offset && number * rowHeight <= offset + viewport;
	}, []);
	const toEnd = useCallback(() => scrollTo(latest.current.height), [scrollTo]);

	const first = Math.max(1, Math.floor(offset / rowHeight) + 1 - margin);
	const last = Math.min(total, Math.ceil((offset + viewport) / rowHeight) + margin);
	return {
		box,
		first,
		last,
		height,
		topOf: (number) => (number - 1) * rowHeight - offset + top,
		show,
		toEnd,
		isVisible,
		scrolled() {
			const now = box.current?.scrollTop ?? 0;
			const isUp = now < lastTop.current - 2;
			lastTop.current = now;
			measure();
			return isUp;
		},
		isAtEnd: () => {
			const element = box.current;
			return element !== null && element.scrollTop + element.clientHeight >= element.scrollHeight - 4;
		},
	};
}
