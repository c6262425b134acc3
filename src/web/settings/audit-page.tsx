import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { AuditLine } from '#core/api-access.ts';
import { Panel, Waiting } from '../notices.tsx';
import { Ago } from '../time.tsx';
import { auditQuery } from './requests.ts';
import { type ChosenScope, SettingsFrame, useScope } from './settings-frame.tsx';

/** Who did what. */
export function AuditPage() {
	const [scope, choice] = useScope({ withEnvironment: false });
	return (
		<SettingsFrame
			title="Audit"
			lead="Who did what, folded from the event log. Events have no names: who is erased is gone from here."
		>
			{choice}
			{scope === undefined ? (
				<p className="notice panel">There is no project of which you are an admin.</p>
			) : (
				<Trail scope={scope} />
			)}
		</SettingsFrame>
	);
}

function Trail({ scope }: { readonly scope: ChosenScope }) {
	const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(auditQuery(scope));
	if (data === undefined) return <Waiting error={error} what="the trail" />;
	const lines = data.pages.flatMap(({ items }) => items);
	const query = scope.project === undefined ? '' : `&project=${encodeURIComponent(scope.project)}`;
	return (
		<>
			<Panel
				title="Newest first"
				aside={
					<span className="buttons">
						<a className="button small" href={`/api/v1/audit/export?format=csv${query}`}>
							CSV
						</a>
						<a className="button small" href={`/api/v1/audit/export?format=jsonl${query}`}>
							JSON Lines
						</a>
					</span>
				}
			>
				{lines.length === 0 ? <p className="notice">Nobody has done anything yet.</p> : null}
				<ul className="rows">
					{lines.map((line) => (
						<Line key={line.seq} line={line} />
					))}
				</ul>
			</Panel>
			{hasNextPage ? (
				<button
					type="button"
					className="button more"
					disabled={isFetchingNextPage}
					onClick={() => void fetchNextPage()}
				>
					Older
				</button>
			) : null}
		</>
	);
}

function Line({ line: { at, by, byName, token, what, person, personName, run, from } }: { readonly line: AuditLine }) {
	return (
		<li className="setting-row audit-row">
			<span className="setting-name">
				<strong>{byName}</strong>
				{token === null ? null : <span className="soft"> by a token</span>}
			</span>
			<span>
				{run === null ? (
					what
				) : (
					<Link to="/runs/$run" params={{ run }}>
						{what}
					</Link>
				)}
				{person === null || person === by ? null : <> · {personName}</>}
				{from === null ? null : <span className="soft"> · from {from}</span>}
			</span>
			<span className="soft">
				<Ago at={at} />
			</span>
		</li>
	);
}
