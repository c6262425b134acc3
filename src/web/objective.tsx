import type { ObjectiveView } from '#core/api.ts';

/** A service-level objective: what is left of its budget, how fast it burns, and the hours it was made of. */
export function ObjectiveBody({ objective }: { readonly objective: ObjectiveView }) {
	const { target, windowDays, good, bad, indicator, budgetLeft, burn, name } = objective;
	const total = good + bad;
	const tone = budgetLeft === null ? 'quiet' : budgetLeft < 0 ? 'failed' : budgetLeft < 0.25 ? 'warning' : 'passed';
	return (
		<div className="body section">
			<p className={`big tone-${tone}`}>
				<span className="value">{budgetLeft === null ? 'no data' : percent(budgetLeft, 0)}</span>{' '}
				<span className="soft">
					{budgetLeft === null ? 'no request was counted yet' : 'of the error budget is left'}
				</span>
			</p>
			{budgetLeft === null ? null : (
				<div className={`meter tone-${tone}`} aria-hidden="true">
					<span style={{ width: `${Math.min(100, Math.max(0, budgetLeft * 100))}%` }} />
				</div>
			)}
			<p className="soft">
				{name}: {percent(target, 3)} good within {windowDays} days.{' '}
				{indicator === null
					? ''
					: `It was ${percent(indicator, 3)}: ${bad.toLocaleString()} of ${total.toLocaleString()} were bad.`}
			</p>
			<Hours series={objective.series} />
			<dl className="burns">
				{burn.map(({ window, rate }) => (
					<div key={window}>
						<dt className="soft">burn, {window}</dt>
						<dd>{rate === null ? 'no data' : `${rate.toFixed(rate < 10 ? 1 : 0)}×`}</dd>
					</div>
				))}
			</dl>
		</div>
	);
}

/** A share as a percentage with at most so many digits after the point. */
export function percent(share: number, digits: number): string {
	return `${(share * 100).toLocaleString(undefined, { maximumFractionDigits: digits })} %`;
}

const shownHours = 72;
const height = 44;

/** One bar an hour: as high as the hour was busy, its bad part at the bottom and never too small to be seen. */
function Hours({ series }: { readonly series: ObjectiveView['series'] }) {
	const hours = series.slice(-shownHours);
	const most = Math.max(1, ...hours.map(({ good, bad }) => good + bad));
	const bad = hours.reduce((sum, hour) => sum + hour.bad, 0);
	const total = hours.reduce((sum, hour) => sum + hour.good + hour.bad, 0);
	if (total === 0) return null;
	return (
		<figure>
			<svg
				className="hours"
				viewBox={`0 0 ${hours.length * 4} ${height}`}
				preserveAspectRatio="none"
				role="img"
				aria-label={`Requests an hour, last ${hours.length} hours: ${bad} of ${total} were bad`}
			>
				{hours.map((hour, index) => {
					const all = ((hour.good + hour.bad) / most) * (height - 2);
					const wrong = hour.bad === 0 ? 0 : Math.max(3, (hour.bad / (hour.good + hour.bad)) * all);
					return (
						<g key={hour.at}>
							<rect className="good" x={index * 4} y={height - all} width="3" height={all} />
							<rect className="bad" x={index * 4} y={height - wrong} width="3" height={wrong} />
						</g>
					);
				})}
			</svg>
			<figcaption className="soft">
				<span>{hours.length} h ago</span>
				<span>now</span>
			</figcaption>
		</figure>
	);
}
