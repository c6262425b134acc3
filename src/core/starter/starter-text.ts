import type { StarterJob, StarterStep } from './starter-job.ts';

/** What the checkout must bring besides the files. */
export interface CheckoutNeeds {
	readonly submodules: boolean;
	readonly lfs: boolean;
}

/** The text of a starter workflow. */
export function starterText(jobs: readonly StarterJob[], checkout: CheckoutNeeds): string {
	return `${head}${jobs.map((job) => jobText(job, jobs, checkout)).join('\n')}`;
}

const head = `# Checks every push. Made by \`footbridge init\`: it is yours to change.
name: CI

on:
  push:
  pull_request:

# The jobs read the repository and nothing else.
permissions:
  contents: read

# A newer push to the same branch stops the run of the older one.
concurrency:
  group: \${{ github.workflow }}-\${{ github.ref }}
  cancel-in-progress: true

jobs:
`;

function jobText(job: StarterJob, all: readonly StarterJob[], checkout: CheckoutNeeds): string {
	const id = job.language.toLowerCase().replace('c/c++', 'c');
	const isRoot = job.folder === '.';
	const isOnly = all.filter(({ language }) => language === job.language).length === 1;
	const name = isRoot ? job.language : `${job.language} (${job.folder})`;
	return [
		`  ${isRoot || isOnly ? id : `${id}-${slug(job.folder, all, job)}`}:`,
		`    name: ${plain(name)}`,
		'    runs-on: ubuntu-latest',
		'    # A job that hangs is ended after this.',
		'    timeout-minutes: 15',
		...(isRoot ? [] : ['    defaults:', '      run:', `        working-directory: ${plain(job.folder)}`]),
		'    steps:',
		...checkoutLines(checkout),
		...job.steps.flatMap(stepLines),
		'',
	].join('\n');
}

function checkoutLines({ submodules, lfs }: CheckoutNeeds): readonly string[] {
	const inputs = [...(submodules ? ['submodules: recursive'] : []), ...(lfs ? ['lfs: true'] : [])];
	const lines = ['      # The files of the commit.', '      - uses: actions/checkout@v4'];
	return inputs.length === 0 ? lines : [...lines, '        with:', ...inputs.map((input) => `          ${input}`)];
}

function stepLines({ name, run, why }: StarterStep): readonly string[] {
	const comment = why === undefined ? [] : [`      # ${why}`];
	const lines = run.split('\n');
	const script =
		lines.length === 1 && isPlain(run)
			? [`        run: ${run}`]
			: ['        run: |', ...lines.map((line) => `          ${line}`)];
	return ['', ...comment, `      - name: ${plain(name)}`, ...script];
}

/** Folder names may hold anything; ids must differ all the same. */
function slug(folder: string, all: readonly StarterJob[], job: StarterJob): string {
	const text = folder.replaceAll(/[^\w-]/g, '-');
	const isTaken = all.some(
		(other) => other !== job && other.language === job.language && other.folder.replaceAll(/[^\w-]/g, '-') === text,
	);
	return isTaken ? `${text}-${all.indexOf(job) + 1}` : text;
}

function plain(text: string): string {
	return isPlain(text) ? text : `'${text.replaceAll("'", "''")}'`;
}

/** Whether YAML takes a text as it is written. */
function isPlain(text: string): boolean {
	return /^[A-Za-z./][\w ./+()$=@,-]*$/.test(text) && !/ $|^(true|false|null|yes|no|on|off)$/i.test(text);
}
