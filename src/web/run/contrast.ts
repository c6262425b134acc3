import type { Rgb } from './ansi.ts';

const black: Rgb = [0, 0, 0];
const white: Rgb = [255, 255, 255];

/** WCAG's ratio between two colours, 1 to 21. */
export function contrast(a: Rgb, b: Rgb): number {
	const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
	return (light + 0.05) / (dark + 0.05);
}

/** The colour, moved towards black or white just so far that it can be read on the ground (4.5 to 1). */
export function readable(colour: Rgb, ground: Rgb): Rgb {
	const goal = luminance(ground) > 0.18 ? black : white;
	for (let share = 0; share < 1; share += 0.1) {
		const moved = mixed(colour, goal, share);
		if (contrast(moved, ground) >= 4.6) return moved;
	}
	return goal;
}

/** Black or white, whichever can be read better on the ground. */
export function inkOn(ground: Rgb): Rgb {
	return contrast(black, ground) > contrast(white, ground) ? black : white;
}

function luminance([red, green, blue]: Rgb): number {
	const linear = (channel: number) => {
		const share = Math.min(255, Math.max(0, channel)) / 255;
		return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
	};
	return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

function mixed(from: Rgb, to: Rgb, share: number): Rgb {
	const at = (index: 0 | 1 | 2) => Math.round(from[index] + (to[index] - from[index]) * share);
	return [at(0), at(1), at(2)];
}
