import { useQuery } from '@tanstack/react-query';
import { Link, Outlet, useRouterState } from '@tanstack/react-router';
import { ChartNoAxesColumn, CircleHelp, House, ListChecks, Monitor, Moon, Server, Settings, Sun } from 'lucide-react';
import { lazy, Suspense, useState, useSyncExternalStore } from 'react';
import { sessionQuery } from './access/session.ts';
import { HelpDialog, useKeyboard } from './keyboard.tsx';
import { live } from './live-instance.ts';
import { ErrorNotice } from './notices.tsx';
import { clockTime } from './time.tsx';
import { Trail } from './trail.tsx';

const places = [
	{ to: '/', word: 'Home', Icon: House },
	{ to: '/runs', word: 'Runs', Icon: ListChecks },
	{ to: '/environments', word: 'Environments', Icon: Server },
	{ to: '/metrics', word: 'Metrics', Icon: ChartNoAxesColumn },
	{ to: '/settings', word: 'Settings', Icon: Settings },
] as const;

const SignInPage = lazy(async () => ({ default: (await import('./access/sign-in-page.tsx')).SignInPage }));

/** Pages of those who are not signed in yet. */
const gates = ['/enter', '/set-up', '/invite'];

/** Lets those in who are signed in; all others may do just that. */
export function Shell() {
	const path = useRouterState({ select: (state) => state.location.pathname });
	const { data, error } = useQuery(sessionQuery);
	if (gates.includes(path)) return <Outlet />;
	if (data === undefined) return error === null ? null : <ErrorNotice error={error} />;
	if (data.person !== null) return <Frame />;
	return (
		<Suspense>
			<SignInPage />
		</Suspense>
	);
}

/** What stands around every page. */
function Frame() {
	const [isHelpOpen, setHelpOpen] = useState(false);
	useKeyboard(() => setHelpOpen(true));
	return (
		<div className="shell">
			<a className="skip-link" href="#main">
				Skip to the content
			</a>
			<nav className="rail" aria-label="Main">
				<div className="rail-body">
					<Link to="/" className="brand">
						<img src="/favicon.svg" alt="" width="26" height="26" />
						<span>Footbridge</span>
					</Link>
					<ul>
						{places.map(({ to, word, Icon }) => (
							<li key={to}>
								<Link to={to} activeOptions={{ exact: to === '/', includeSearch: false }}>
									<Icon size={18} aria-hidden="true" />
									<span>{word}</span>
								</Link>
							</li>
						))}
					</ul>
				</div>
			</nav>
			<header className="top">
				<Trail />
				<div className="top-tools">
					<LiveMark />
					<ThemeButton />
					<button type="button" className="button small bare" onClick={() => setHelpOpen(true)}>
						<CircleHelp size={16} aria-hidden="true" />
						<span className="hidden-text">Keyboard help</span>
					</button>
				</div>
			</header>
			<main id="main" tabIndex={-1}>
				<Outlet />
			</main>
			<HelpDialog isOpen={isHelpOpen} onClose={() => setHelpOpen(false)} />
		</div>
	);
}

/** Whether what is on the screen is the truth now. */
function LiveMark() {
	const state = useSyncExternalStore(live.subscribe, live.state);
	const text = {
		connecting: 'connecting',
		live: 'live',
		reconnecting: 'reconnecting',
		stale: state.is === 'stale' ? `stale since ${clockTime(state.since)}` : 'stale',
	}[state.is];
	return (
		<span className={`live-mark is-${state.is}`} role="status">
			<span className="dot" aria-hidden="true" />
			{text}
		</span>
	);
}

const themes = ['system', 'light', 'dark'] as const;
type Theme = (typeof themes)[number];

function ThemeButton() {
	const [theme, setTheme] = useState<Theme>(() => {
		const kept = document.documentElement.dataset['theme'];
		return kept === 'light' || kept === 'dark' ? kept : 'system';
	});
	const next = themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'system';
	const Icon = { system: Monitor, light: Sun, dark: Moon }[theme];
	const choose = () => {
		setTheme(next);
		if (next === 'system') delete document.documentElement.dataset['theme'];
		else document.documentElement.dataset['theme'] = next;
		try {
			if (next === 'system') localStorage.removeItem('theme');
			else localStorage.setItem('theme', next);
		} catch {
			// Without storage the choice lasts until the page is closed.
		}
	};
	return (
		<button
			type="button"
			className="button small bare"
			onClick={choose}
			title={`Colours: ${theme}. Click for ${next}.`}
		>
			<Icon size={16} aria-hidden="true" />
			<span className="hidden-text">
				Colours: {theme}. Change to {next}
			</span>
		</button>
	);
}
