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

const enter = createRoute({
	getParentRoute: () => root,
	path: '/enter',
	component: lazyRouteComponent(() => import('./access/enter-page.tsx'), 'EnterPage'),
});

const setUp = createRoute({
	getParentRoute: () => root,
	path: '/set-up',
	component: lazyRouteComponent(() => import('./access/new-password-page.tsx'), 'SetUpPage'),
});

const invite = createRoute({
	getParentRoute: () => root,
	path: '/invite',
	component: lazyRouteComponent(() => import('./access/new-password-page.tsx'), 'InvitePage'),
});

/** Shows the sign-in page to those who are not signed in, as every page does; the others are home. */
const signIn = createRoute({ getParentRoute: () => root, path: '/sign-in', component: HomePage });

const device = createRoute({
	getParentRoute: () => root,
	path: '/device',
	component: lazyRouteComponent(() => import('./access/device-page.tsx'), 'DevicePage'),
});

const settings = [
	createRoute({
		getParentRoute: () => root,
		path: '/settings',
		component: lazyRouteComponent(() => import('./settings/account-page.tsx'), 'AccountPage'),
	}),
	createRoute({
		getParentRoute: () => root,
		path: '/settings/tokens',
		component: lazyRouteComponent(() => import('./settings/tokens-page.tsx'), 'TokensPage'),
	}),
	createRoute({
		getParentRoute: () => root,
		path: '/settings/people',
		component: lazyRouteComponent(() => import('./settings/people-page.tsx'), 'PeoplePage'),
	}),
	createRoute({
		getParentRoute: () => root,
		path: '/settings/members',
		component: lazyRouteComponent(() => import('./settings/members-page.tsx'), 'MembersPage'),
	}),
	createRoute({
		getParentRoute: () => root,
		path: '/settings/secrets',
		component: lazyRouteComponent(() => import('./settings/values-page.tsx'), 'SecretsPage'),
	}),
	createRoute({
		getParentRoute: () => root,
		path: '/settings/variables',
		component: lazyRouteComponent(() => import('./settings/values-page.tsx'), 'VariablesPage'),
	}),
	createRoute({
		getParentRoute: () => root,
		path: '/settings/sign-in',
		component: lazyRouteComponent(() => import('./settings/providers-page.tsx'), 'ProvidersPage'),
	}),
	createRoute({
		getParentRoute: () => root,
		path: '/settings/audit',
		component: lazyRouteComponent(() => import('./settings/audit-page.tsx'), 'AuditPage'),
	}),
] as const;

/** The places of the page. All state that is worth a link is in the address. */
export const router = createRouter({
	routeTree: root.addChildren([
		home,
		runs,
		run,
		environments,
		environment,
		deployment,
		metrics,
		enter,
		setUp,
		invite,
		signIn,
		device,
		...settings,
	]),
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
