import { usesReference } from '../../action/uses-reference.ts';
import type { LintedFile } from '../linted-file.ts';
import type { Report, Rule } from '../rule.ts';
import { entriesOf, type ScalarNode, valueAt } from '../source-tree.ts';

/** An action of others that can be exchanged after it was looked at. */
const unpinnedUses: Rule = {
	name: 'unpinned-uses',
	severity: 'warning',
	why: 'A tag or a branch can be moved: whoever takes over that repository runs code here, with these secrets.',
	fix: 'Name the commit, and the version in a comment: owner/name@<40 hexadecimal digits> # v1.2.3',
	check({ steps, jobs }, report) {
		const called = jobs.flatMap(({ body }) => [valueAt(body, 'uses')]).filter((uses) => uses?.kind === 'scalar');
		for (const uses of [...called, ...steps.flatMap((step) => step.uses ?? [])]) {
			const reference = usesReference(uses.text);
			if (reference?.kind !== 'repository' || /^[0-9a-f]{40}([0-9a-f]{24})?$/i.test(reference.ref)) continue;
			const isGithubs = ['actions', 'github'].includes(reference.owner.toLowerCase());
			if (isGithubs && /^v?\d/.test(reference.ref)) continue;
			const what = /^v?\d/.test(reference.ref) ? 'the tag' : 'the branch or tag';
			report(uses, `${uses.text.split('@')[0]} is taken from ${what} ${reference.ref || '(none)'}`);
		}
	},
};

/** An image that is another one tomorrow. */
const unpinnedImages: Rule = {
	name: 'unpinned-images',
	severity: 'warning',
	why: 'The same commit then runs in another image tomorrow: what passed can fail, and whoever owns the name can exchange it.',
	fix: 'Name the digest: image:tag@sha256:<digest>.',
	check(file, report) {
		for (const image of imagesOf(file)) checkImage(image, report);
	},
};

function imagesOf({ jobs, steps }: LintedFile): readonly ScalarNode[] {
	const inJobs = jobs.flatMap(({ body }) => {
		const container = valueAt(body, 'container');
		const services = entriesOf(valueAt(body, 'services')).map(({ value }) => valueAt(value, 'image'));
		return [container?.kind === 'scalar' ? container : valueAt(container, 'image'), ...services];
	});
	const used = steps.flatMap(({ uses }) => (uses?.text.startsWith('docker://') ? [uses] : []));
	return [...inJobs, ...used].flatMap((node) => (node?.kind === 'scalar' && node.text !== '' ? [node] : []));
}

function checkImage(node: ScalarNode, report: Report): void {
	const image = node.text.replace(/^docker:\/\//, '');
	if (/@sha256:[0-9a-f]{64}$/i.test(image) || image.includes('${{')) return;
	const tag = /:([^/:]+)$/.exec(image)?.[1];
	if (tag === undefined || tag === 'latest')
		report(node, `The image ${image} has ${tag === undefined ? 'no tag' : 'the tag latest'}`);
	else report(node, `The image ${image} has no digest`, { severity: 'info' });
}

/** Names that are written so that a reader overlooks what they say. */
const obfuscation: Rule = {
	name: 'obfuscation',
	severity: 'warning',
	why: 'It does something else than a reader sees, and searches for it find nothing.',
	fix: 'Write it in the plain form.',
	check(file, report) {
		for (const step of file.steps) {
			const path = step.uses?.text.split('@')[0]?.replace(/^(?:\$|\.{1,2})\//, '') ?? '';
			if (step.uses === undefined || step.uses.text.startsWith('docker://')) continue;
			if (path.split('/').some((segment) => ['', '.', '..'].includes(segment)) && !/^[.$]\/?$/.test(step.uses.text)) {
				report(step.uses, `${step.uses.text} goes a roundabout way`);
			}
		}
		for (const { index, 0: character } of file.text.matchAll(hiddenCharacters)) {
			const code = character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0');
			if (index > 0)
				report({ start: index, end: index + 1 }, `The character U+${code} is not seen, and changes what is`, {
					severity: 'error',
				});
		}
	},
};

/** Direction marks and characters without width: the text that is run is not the text that is read. A joiner within emoji is no trick. */
const hiddenCharacters = /[\u202a-\u202e\u2066-\u2069\u200b\u2060\ufeff]/g;

/** What is not surely what it was. */
export const pinningRules: readonly Rule[] = [unpinnedUses, unpinnedImages, obfuscation];
