import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The same trivial lines for everybody, each in a folder of its own below `root`. */
export interface StepFiles {
	/** A repository whose workflow has one job with a step a line. */
	readonly steps: string;
	/** A repository whose workflow has a job a line. */
	readonly jobs: string;
	/** A repository for GitLab: one job with a script line a line. */
	readonly gitlabSteps: string;
	/** The same with a job a line. */
	readonly gitlabJobs: string;
	/** One bash script. */
	readonly script: string;
	/** A script that starts bash once a line, as a runner of steps must. */
	readonly processes: string;
}

/** The last line that everybody has to print. */
export const lastLine = (count: number): string => `this is step ${count}`;

/** Writes the files. */
export function writeStepFiles(root: string, count: number): StepFiles {
	const lines = Array.from({ length: count }, (_, index) => `echo ${lastLine(index + 1)}`);
	const scripts = join(root, 'scripts');
	mkdirSync(scripts, { recursive: true });
	for (const [index, line] of lines.entries()) writeFileSync(join(scripts, `${index + 1}.sh`), `${line}\n`);
	const script = join(root, 'all.sh');
	writeFileSync(script, `${lines.join('\n')}\n`);
	const processes = join(root, 'processes.sh');
	const shell = 'bash --noprofile --norc -e -o pipefail';
	writeFileSync(processes, lines.map((_, index) => `${shell} ${scripts}/${index + 1}.sh\n`).join(''));
	return {
		steps: repository(join(root, 'steps'), '.github/workflows/steps.yml', stepsWorkflow(lines)),
		jobs: repository(join(root, 'jobs'), '.github/workflows/jobs.yml', jobsWorkflow(lines)),
		gitlabSteps: repository(join(root, 'gitlab-steps'), '.gitlab-ci.yml', gitlabJob('steps', lines)),
		gitlabJobs: repository(
			join(root, 'gitlab-jobs'),
			'.gitlab-ci.yml',
			lines.map((line, index) => gitlabJob(`job${index + 1}`, [line])).join(''),
		),
		script,
		processes,
	};
}

function stepsWorkflow(lines: readonly string[]): string {
	const steps = lines.map((line) => `      - run: ${line}\n`).join('');
	return `name: steps\non: push\njobs:\n  steps:\n    runs-on: ubuntu-latest\n    steps:\n${steps}`;
}

function jobsWorkflow(lines: readonly string[]): string {
	const jobs = lines.map(
		(line, index) => `  job${index + 1}:\n    runs-on: ubuntu-latest\n    steps:\n      - run: ${line}\n`,
	);
	return `name: jobs\non: push\njobs:\n${jobs.join('')}`;
}

function gitlabJob(name: string, lines: readonly string[]): string {
	return `${name}:\n  script:\n${lines.map((line) => `    - ${line}\n`).join('')}`;
}

function repository(folder: string, path: string, content: string): string {
	mkdirSync(join(folder, path, '..'), { recursive: true });
	writeFileSync(join(folder, path), content);
	const git = (...args: readonly string[]) => execFileSync('git', ['-C', folder, ...args], { stdio: 'ignore' });
	git('init', '--initial-branch=main');
	git('remote', 'add', 'origin', 'https://git.example.com/bench/steps.git');
	git('add', '--all');
	git('-c', 'user.name=Bench', '-c', 'user.email=bench@example.com', 'commit', '--message', 'the steps');
	return folder;
}
