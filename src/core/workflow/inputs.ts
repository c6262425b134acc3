import { SequenceToken, type TemplateToken } from '@actions/workflow-parser/templates/tokens/index';
import { isMapping } from '@actions/workflow-parser/templates/tokens/type-guards';
import type { InputDeclaration, Json, Template } from '../plan.ts';
import { failed, ok, type Problem, type Result } from '../result.ts';
import { evaluateTemplate, type Scope } from './expression.ts';
import type { FileProblems } from './file-problems.ts';
import { findIn, placeOf, templateOf } from './token-template.ts';

type InputType = InputDeclaration['type'];

const types: { readonly [Event in 'workflow_dispatch' | 'workflow_call']: readonly InputType[] } = {
	workflow_dispatch: ['string', 'boolean', 'number', 'choice', 'environment'],
	workflow_call: ['string', 'boolean', 'number'],
};

/** The inputs that `workflow_dispatch` or `workflow_call` declares. What is wrong with them goes to `problems`. */
export function declaredInputs(
	token: TemplateToken | undefined,
	of: 'workflow_dispatch' | 'workflow_call',
	problems: FileProblems,
): readonly InputDeclaration[] {
	const inputs = findIn(token, 'inputs');
	if (inputs === undefined || !isMapping(inputs)) return [];
	return [...inputs].flatMap(({ key, value }) => {
		const type = typeOf(findIn(value, 'type')?.toString(), of);
		const written = findIn(value, 'type');
		if (type === undefined) {
			const what = `The input '${key}' has the unknown type '${written}'`;
			problems.add(placeOf(written ?? key), { code: 'FB1014', what, next: `use one of ${types[of].join(', ')}` });
			return [];
		}
		return [declaration(key, value, type, problems)];
	});
}

/**
 * The values of declared inputs, by what was given: texts are turned into the declared type, defaults fill what was not given.
 * FB1014: an unknown name, a missing one, or a value of another kind; `where` is the declaration's line.
 */
export function inputValues(
	declarations: readonly InputDeclaration[],
	given: { readonly [name: string]: Json },
	scope: Scope,
): Result<{ readonly [name: string]: Json }> {
	const problems: Problem[] = [];
	const byName = new Map(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]));
	const names = declarations.map(({ name }) => name);
	for (const name of Object.keys(given)) {
		if (names.some((other) => other.toLowerCase() === name.toLowerCase())) continue;
		const next = names.length === 0 ? 'it takes no inputs' : `its inputs are: ${names.join(', ')}`;
		problems.push({ code: 'FB1014', what: `There is no input '${name}'`, next });
	}
	const values: [string, Json][] = [];
	for (const declared of declarations) {
		const value = inputValue(declared, byName.get(declared.name.toLowerCase()), scope);
		if (value.ok) values.push([declared.name, value.value]);
		else problems.push({ ...value.error, where: `${declared.line}:1` });
	}
	// fromEntries defines properties, so that a name `__proto__` is data.
	return problems.length === 0 ? ok(Object.fromEntries(values)) : failed(...problems);
}

function typeOf(written: string | undefined, of: 'workflow_dispatch' | 'workflow_call'): InputType | undefined {
	return types[of].find((type) => type === (written ?? 'string'));
}

function declaration(
	key: TemplateToken,
	token: TemplateToken,
	type: InputType,
	problems: FileProblems,
): InputDeclaration {
	const [description, standard, options] = ['description', 'default', 'options'].map((name) => findIn(token, name));
	return {
		name: key.toString(),
		...(description === undefined ? {} : { description: description.toString() }),
		type,
		required: findIn(token, 'required')?.toString() === 'true',
		...(standard === undefined ? {} : { default: templateOf(standard, problems) }),
		...(options instanceof SequenceToken ? { options: [...options].map(String) } : {}),
		line: placeOf(key).line,
	};
}

function inputValue(declared: InputDeclaration, given: Json | undefined, scope: Scope): Result<Json, Problem> {
	if (given !== undefined) return typed(declared, given);
	if (declared.default !== undefined) {
		const standard = evaluateTemplate(declared.default as Template, scope);
		return standard.ok ? typed(declared, standard.value) : standard;
	}
	if (!declared.required) return ok(emptyOf[declared.type]);
	return {
		ok: false,
		error: {
			code: 'FB1014',
			what: `The input '${declared.name}' is required`,
			next: `give it: --input ${declared.name}=<value>`,
		},
	};
}

/** What an input is that nobody gave. docs.github.com, Workflow syntax, `on.workflow_call.inputs.<input_id>.default`. */
const emptyOf: { readonly [Type in InputType]: Json } = {
	string: '',
	boolean: false,
	number: 0,
	choice: '',
	environment: '',
};

function typed({ name, type, options }: InputDeclaration, value: Json): Result<Json, Problem> {
	const refuse = (expected: string): Result<Json, Problem> => ({
		ok: false,
		error: {
			code: 'FB1014',
			what: `The input '${name}' is not ${expected}: ${JSON.stringify(value)}`,
			next: `give ${expected}`,
		},
	});
	if (typeof value === 'object' && value !== null) return refuse(type === 'string' ? 'a text' : `a ${type}`);
	const text = value === null ? '' : String(value);
	switch (type) {
		case 'boolean':
			return /^(true|false)$/i.test(text)
				? ok(text.toLowerCase() === 'true')
				: text === ''
					? ok(false)
					: refuse('true or false');
		case 'number':
			return text.trim() === '' ? ok(0) : Number.isFinite(Number(text)) ? ok(Number(text)) : refuse('a number');
		case 'choice':
			return text === '' || options === undefined || options.includes(text)
				? ok(text)
				: refuse(`one of ${options.join(', ')}`);
		default:
			return ok(text);
	}
}
