import { FeatureFlags } from '@actions/expressions/features';
import { getActionSchema } from '@actions/workflow-parser/actions/action-schema';
import type { TemplateSchema } from '@actions/workflow-parser/templates/schema/index';
import { MappingDefinition } from '@actions/workflow-parser/templates/schema/mapping-definition';
import { TemplateContext, TemplateValidationErrors } from '@actions/workflow-parser/templates/template-context';
import { readTemplate } from '@actions/workflow-parser/templates/template-reader';
import {
	type LiteralToken,
	type MappingToken,
	StringToken,
	type TemplateToken,
} from '@actions/workflow-parser/templates/tokens/index';
import { isMapping } from '@actions/workflow-parser/templates/tokens/type-guards';
import { NoOperationTraceWriter } from '@actions/workflow-parser/templates/trace-writer';
import { getWorkflowSchema } from '@actions/workflow-parser/workflows/workflow-schema';
import { YamlObjectReader } from '@actions/workflow-parser/workflows/yaml-object-reader';
import type { FileProblems } from './file-problems.ts';
import { guardYaml } from './yaml-guard.ts';

/**
 * Reads a workflow or an action file by GitHub's schema, the relaxed one that GitHub runs by. Without a root, the problems say why.
 * Runs only where the parser's JSON can be imported (edge/planner/json-hook.ts).
 */
export function readWorkflowFile(
	kind: 'workflow' | 'action',
	path: string,
	text: string,
): { readonly root: MappingToken | undefined; readonly problems: FileProblems } {
	const problems = guardYaml(path, text);
	if (!problems.areNone) return { root: undefined, problems };
	const schema = kind === 'workflow' ? workflowSchema() : actionSchema();
	const context = new TemplateContext(new TemplateValidationErrors(), schema, new NoOperationTraceWriter());
	// Every feature is read, so that what is not supported is refused by its name.
	context.state['featureFlags'] = new FeatureFlags({ all: true });
	const file = context.getFileId(path);
	const root: TemplateToken | undefined = readTemplate(context, `${kind}-root`, new RepairedReader(file, text), file);
	for (const error of context.errors.getErrors()) {
		const place = error.range && { line: error.range.start.line, column: error.range.start.column };
		const isTooLong = error.rawMessage === 'ErrorExceededMaxLength';
		const what = isTooLong ? 'The expression is longer than 21000 characters' : error.rawMessage;
		problems.add(place, { code: 'FB1002', what, next: nextFor(what, kind) });
	}
	return { root: problems.areNone && root !== undefined && isMapping(root) ? root : undefined, problems };
}

const workflowSchema = once(() => repaired(getWorkflowSchema()));
const actionSchema = once(() => repaired(getActionSchema()));

/** The schema looks keys up in plain objects: without this, a key `constructor` would be found in every mapping and break the reader. */
function repaired(schema: TemplateSchema): TemplateSchema {
	for (const definition of Object.values(schema.definitions)) {
		if (definition instanceof MappingDefinition) Object.setPrototypeOf(definition.properties, null);
	}
	return schema;
}

function once<T>(make: () => T): () => T {
	let made: { readonly value: T } | undefined;
	return () => {
		made ??= { value: make() };
		return made.value;
	};
}

/**
 * The package's reader without two defects: a scalar of several lines that holds an expression kept its YAML source (indentation,
 * quotes) instead of its value, and a key that YAML reads as a number or a boolean broke the reader.
 */
class RepairedReader extends YamlObjectReader {
	override allowLiteral(): LiteralToken | undefined {
		const token = super.allowLiteral();
		if (!(token instanceof StringToken)) return token;
		const isText = typeof token.value === 'string';
		const isLong = token.range !== undefined && token.range.start.line !== token.range.end.line;
		if (isText && !(isLong && token.source !== undefined)) return token;
		return new StringToken(
			token.file,
			token.range,
			String(token.value ?? ''),
			undefined,
			isLong ? undefined : token.source,
		);
	}
}

function nextFor(message: string, kind: 'workflow' | 'action'): string {
	const missing = /^Required property is missing: (.*)$/.exec(message)?.[1];
	if (missing !== undefined) return `add ${missing} to the mapping that starts here`;
	if (message.endsWith('is already defined')) return 'remove one of the two';
	if (message.startsWith('Unrecognized named-value')) return 'use a context that exists at this place';
	if (message.startsWith('Unrecognized function')) return 'use a function that exists at this place';
	if (message.startsWith('The expression is longer')) return 'compute the value in a step';
	if (message.startsWith('The expression is not closed')) return 'close it with }}';
	if (message.startsWith('A template expression is not allowed')) return 'write the value out';
	return kind === 'workflow'
		? 'see "Workflow syntax for GitHub Actions" for what may stand here'
		: 'see "Metadata syntax for GitHub Actions" for what may stand here';
}
