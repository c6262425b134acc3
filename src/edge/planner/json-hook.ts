import { registerHooks } from 'node:module';

/**
 * Lets `@actions/workflow-parser` load: it imports its schemas as JSON without the attribute that Node asks for.
 * Import this file first, then the parser with a dynamic import.
 */
registerHooks({
	load(url, context, next) {
		const isSchema = url.endsWith('.min.json') && url.includes('/workflow-parser/');
		return next(url, isSchema ? { ...context, importAttributes: { type: 'json' } } : context);
	},
});
