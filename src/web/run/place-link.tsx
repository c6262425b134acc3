import { Link } from '@tanstack/react-router';
import type { CSSProperties, ReactNode } from 'react';

interface PlaceLinkProps {
	/** From `placeHash`. */
	readonly hash: string;
	readonly isCurrent?: boolean;
	/** One of the rows that `j` and `k` go through. */
	readonly isRow?: boolean;
	readonly className?: string;
	readonly title?: string;
	readonly style?: CSSProperties | undefined;
	readonly children: ReactNode;
}

/** A link to a place in the run on the screen: it changes what the log shows, and scrolls nothing else. */
export function PlaceLink({ hash, isCurrent = false, isRow = false, style, ...others }: PlaceLinkProps) {
	return (
		<Link
			to="."
			hash={hash}
			resetScroll={false}
			// Else every link to this page would be the current one.
			activeOptions={{ exact: true, includeHash: true }}
			aria-current={isCurrent ? 'true' : undefined}
			{...(isRow ? { 'data-row': '' } : {})}
			{...(style === undefined ? {} : { style })}
			{...others}
		/>
	);
}
