import { nearest } from '../nearest.ts';

/** `: did you mean build?` when one of the names is near to what was written, else nothing. */
export function didYouMean(written: string, names: Iterable<string>): string {
	const name = nearest(written, names);
	return name === undefined ? '' : `: did you mean ${name}?`;
}
