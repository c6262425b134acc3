import { Link } from '@tanstack/react-router';
import { type ReactNode, useId } from 'react';
import type { Problem } from '#core/result.ts';
import { CommandLine } from './command-line.tsx';
import { Refused } from './fetching.ts';
import { useTitle } from './title.ts';

/** Problems as they are told everywhere: what, why, where, next. */
export function ProblemList({ problems }: { readonly problems: readonly Problem[] }) {
	return (
		<ul>
			{problems.map((problem) => (
				<li className="problem" key={`${problem.code} ${problem.what} ${problem.where ?? ''}`}>
					<p>
						<strong>{problem.what}</strong> <span className="soft mono">{problem.code}</span>
					</p>
					{problem.where === undefined ? null : <p className="where">{problem.where}</p>}
					{problem.why === undefined ? null : <Why text={problem.why} />}
					{problem.next === undefined ? null : <p className="next">{problem.next}</p>}
				</li>
			))}
		</ul>
	);
}

/** A reason; one that brings lines of a log along is shown as they were written. */
function Why({ text }: { readonly text: string }) {
	const [first = '', ...rest] = text.split('\n');
	if (rest.length < 2) return <p className="why">{text}</p>;
	return (
		<>
			<p className="why">{first}</p>
			{/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
			<pre className="tail" tabIndex={0}>
				{rest.join('\n')}
			</pre>
		</>
	);
}

/** What a page shows while it has nothing to show yet, or cannot. */
export function Waiting({ error, what }: { readonly error: unknown; readonly what: string }) {
	if (error === null || error === undefined) {
		return (
			<p className="notice" role="status">
				Loading {what} …
			</p>
		);
	}
	return <ErrorNotice error={error} />;
}

/** What went wrong, instead of the page. */
export function ErrorNotice({ error }: { readonly error: unknown }) {
	const problems =
		error instanceof Refused && error.problems.length > 0
			? error.problems
			: [
					{
						code: 'FB6090',
						what: 'Footbridge does not answer',
						why: error instanceof Error ? error.message : String(error),
						next: 'see whether `footbridge up` still runs; this page tries again by itself',
					},
				];
	return (
		<div className="panel" role="alert">
			<ProblemList problems={problems} />
		</div>
	);
}

/** An address that leads nowhere. */
export function MissingPage() {
	useTitle('Not found');
	return (
		<div className="notice">
			<h1>There is nothing here</h1>
			<p>
				<Link to="/">Go home</Link>
			</p>
		</div>
	);
}

/** The three commands to begin with. */
export function FirstSteps({ hasProject }: { readonly hasProject: boolean }) {
	const steps = [
		['Name your repository', 'footbridge project add .', hasProject],
		['Run its workflows, with what is not committed yet', 'footbridge run', false],
		['Put a commit into production', 'footbridge deploy production', false],
	] as const;
	return (
		<section className="panel first-steps" aria-labelledby="first-steps">
			<h2 id="first-steps">{hasProject ? 'Two commands to go' : 'Three commands to begin'}</h2>
			<ol>
				{steps.map(([what, command, isDone]) => (
					<li key={command}>
						<span className={isDone ? 'soft' : ''}>
							{isDone ? <span aria-hidden="true">✓ </span> : null}
							{what}
							{isDone ? <span className="hidden-text"> (done)</span> : null}
						</span>
						<CommandLine command={command} />
					</li>
				))}
			</ol>
		</section>
	);
}

/** A titled panel. */
export function Panel(props: {
	readonly title: string;
	readonly aside?: ReactNode;
	readonly children: ReactNode;
	readonly className?: string;
}) {
	const id = useId();
	return (
		<section className={props.className === undefined ? 'panel' : `panel ${props.className}`} aria-labelledby={id}>
			<header>
				<h2 id={id}>{props.title}</h2>
				{props.aside}
			</header>
			{props.children}
		</section>
	);
}
