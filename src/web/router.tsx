import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import type { RunFilters } from './fetching.ts';
import { HomePage } from './home-page.tsx';
import { ErrorNotice, MissingPage } from './notices.tsx';
import { Shell } from './shell.tsx';

const root = createRootRoute({ component: Shell, notFoundComponent: MissingPage });

const text = (value: unknown): string | undefined =>
	typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined;

const home = createRoute({ getParentRoute: () => root, path: '/', component: HomePage });

const runs = createRoute({
	getParentRoute: () => root,
	path: '/runs',
	validateSearch: (search: { readonly [name: string]: unknown }): RunFilters => {
		const [project, status, branch] = [text(search['project']), text(search['status']), text(search['branch'])];
		return {
			...(project === undefined ? {} : { project }),
			...(status === undefined ? {} : { status }),
			...(branch === undefined ? {} : { branch }),
		};
	},
	component: lazyRouteComponent(() => import('./runs-page.tsx'), 'RunsPage'),
});

const run = createRoute({
	getParentRoute: () => root,
	path: '/runs/$run',
	component: lazyRouteComponent(() => import('./run/run-page.tsx'), 'RunPage'),
});

const environments = createRoute({
	getParentRoute: () => root,
	path: '/environments',
	component: lazyRouteComponent(() => import('./environments-page.tsx'), 'EnvironmentsPage'),
});

const environment = createRoute({
	getParentRoute: () => root,
	path: '/environments/$project/$environment',
	component: lazyRouteComponent(() => import('./environment-page.tsx'), 'EnvironmentPage'),
});

const deployment = createRoute({
	getParentRoute: () => root,
	path: '/deployments/$deployment',
	component: lazyRouteComponent(() => import('./deployment-page.tsx'), 'DeploymentPage'),
});

const metrics = createRoute({
	getParentRoute: () => root,
	path: '/metrics',
	validateSearch: (search: { readonly [name: string]: unknown }): { readonly days?: number } => {
		const days = Number(search['days']);
		return [7, 30, 90].includes(days) ? { days } : {};
	},
	component: lazyRouteComponent(() => import('./metrics-page.tsx'), 'MetricsPage'),
});

/** The places of the page. All state that is worth a link is in the address. */
export const router = createRouter({
	routeTree: root.addChildren([home, runs, run, environments, environment, deployment, metrics]),
	defaultPreload: 'intent',
	defaultErrorComponent: ErrorNotice,
	// A run's hash names a line of a log, not an element.
	defaultHashScrollIntoView: false,
	scrollRestoration: true,
});

declare module '@tanstack/react-router' {
	interface Register {
		readonly router: typeof router;
	}
}
