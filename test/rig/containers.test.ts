import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { needs, testImage } from '../needs.ts';
import { openRig } from './rig.ts';

describe('a job in a container', { ...needs('docker'), concurrency: false }, () => {
	test('its steps run in the image, laid out as on GitHub, and share what they write', async () => {
		await using rig = await openRig();
		const { end, log, of } = await rig.run(`
on: push
env: { COLOUR: red }
jobs:
  rig:
    runs-on: any
    container: { image: '${testImage}', env: { GREETING: 'hello \${{ github.ref_name }} \${{ env.COLOUR }}' } }
    steps:
      - run: |
          echo "in $PWD as $(id -u), home $HOME, $GREETING"
          test -f /.dockerenv && echo in a container
          echo "from=first" >> "$GITHUB_OUTPUT"
          echo "LATER=yes" >> "$GITHUB_ENV"
          touch made
        id: first
      - run: echo "\${{ steps.first.outputs.from }} $LATER $(ls) \${{ job.container.network != '' }}"
      - run: node -p '[process.version.split(".")[0], process.execPath].join()'
        shell: 'sh -e {0}'
`);
		assert.equal(end.conclusion, 'passed', log.join('\n'));
		const text = log.join('\n');
		assert.match(text, /in \/__w\/app\/app as 0, home \/github\/home, hello main red/);
		assert.match(text, /in a container/);
		assert.match(text, /first yes made true/);
		assert.match(text, /##\[group\]Initialize containers/);
		const [used] = of('image-used');
		assert.deepEqual([used?.container, used?.image], ['job', testImage]);
		assert.match(used?.id ?? '', /^sha256:[0-9a-f]{64}$/);
		assert.deepEqual(of('job-started')[0]?.tier, 'container');
	});

	test('a user of the image that is not root owns its workspace, and a JavaScript action runs without Node in the image', async () => {
		await using rig = await openRig();
		const { end, log } = await rig.run(
			`
on: push
jobs:
  rig:
    runs-on: any
    container: { image: '${testImage}', options: --user 1234:1234 --hostname inner --cpus 1 }
    steps:
      - uses: actions/checkout@v4
      - run: echo "$(id -u):$(id -g) on $(cat /etc/hostname)"; cat README.md; echo more > made && mkdir -m 700 mine && touch mine/x
      - uses: ./tool
        id: tool
        with: { who: world }
      - run: echo "\${{ steps.tool.outputs.said }}"
`,
			{
				files: {
					'tool/action.yml': 'name: tool\ninputs: { who: { default: x } }\nruns: { using: node24, main: main.js }\n',
					'tool/main.js':
						'const fs = require("fs"), { execFileSync } = require("child_process"); const out = execFileSync(process.execPath, ["-p", "6*7"]).toString().trim(); fs.appendFileSync(process.env.GITHUB_OUTPUT, `said=hello ${process.env.INPUT_WHO} ${out} in ${process.cwd()}\\n`);',
				},
			},
		);
		const text = log.join('\n');
		assert.equal(end.conclusion, 'passed', text);
		assert.match(text, /1234:1234 on inner\nrig/);
		assert.match(text, /The image has no git: these are the files of the commit/);
		assert.match(text, /^hello world 42 in \/__w\/app\/app$/m);
	});
});

/** Answers every connection with a word. */
function server(port: number, word: string): string {
	return `perl -MIO::Socket::INET -e "my $s = IO::Socket::INET->new(LocalPort => ${port}, Listen => 9, ReuseAddr => 1); $| = 1; print qq(ready\\n); while (my $c = $s->accept) { print $c qq(${word}\\n); close $c }"`;
}

const ask = (host: string, port: string) => `exec 3<>/dev/tcp/${host}/${port}; cat <&3`;

describe('services', { ...needs('docker'), concurrency: false }, () => {
	const healthy = `--health-cmd "bash -c '</dev/tcp/127.0.0.1/7000'" --health-interval 300ms --health-retries 20`;

	test('a job on the machine reaches them on loopback, at the port that job.services tells, once they are healthy', async () => {
		await using rig = await openRig();
		const { end, log } = await rig.run(`
on: push
jobs:
  rig:
    runs-on: any
    services:
      db:
        image: '${testImage}'
        ports: [7000]
        options: >-
          ${healthy}
        command: ${JSON.stringify(server(7000, 'hello from db')).replaceAll('$', '\\u0024').replaceAll('\\\\u0024', '\\u0024')}
    steps:
      - run: ${ask('127.0.0.1', "${{ job.services.db.ports['7000'] }}")}
      - run: echo "\${{ job.services.db.id != '' }} \${{ job.services.db.network }}"
`);
		const text = log.join('\n');
		assert.equal(end.conclusion, 'passed', text);
		assert.match(text, /^db is healthy$/m);
		assert.match(text, /^hello from db$/m);
		assert.match(text, /^true footbridge-rig-/m);
		assert.match(text, /Log of the service db:\nready/);
		assert.deepEqual(left(), [], 'nothing is left');
	});

	test('a job in a container reaches them by their ids', async () => {
		await using rig = await openRig();
		const { end, log } = await rig.run(`
on: push
jobs:
  rig:
    runs-on: any
    container: '${testImage}'
    services:
      db: { image: '${testImage}', options: --name cache, command: ${JSON.stringify(server(7000, 'hello by name')).replaceAll('$', '\\u0024').replaceAll('\\\\u0024', '\\u0024')} }
    steps:
      - run: for n in 1 2 3 4 5 6 7 8 9; do (${ask('db', '7000')}) 2>/dev/null && break; sleep 0.3; done; ${ask('cache', '7000')}
`);
		assert.equal(end.conclusion, 'passed', log.join('\n'));
		assert.equal(log.filter((line) => line === 'hello by name').length, 2, log.join('\n'));
	});

	test('one that does not get healthy fails the job with its last words, and one that ends too', async () => {
		await using rig = await openRig();
		const job = (more: string) => `
on: push
jobs:
  rig:
    runs-on: any
    services: { db: { image: '${testImage}', ${more} } }
    steps: [{ run: echo never }]
`;
		const sick = await rig.run(
			job(
				`options: --health-cmd 'echo no answer; false' --health-interval 200ms --health-retries 2, command: sh -c 'echo cannot open disk; sleep 60'`,
			),
		);
		assert.equal(sick.end.conclusion, 'failed');
		assert.equal(sick.end.problems?.[0]?.code, 'FB2108');
		assert.match(
			sick.end.problems?.[0]?.why ?? '',
			/its health check fails: no answer; its last words are: cannot open disk/,
		);
		const dead = await rig.run(
			job(`options: --health-cmd true, command: sh -c 'echo POSTGRES_PASSWORD is missing; exit 3'`),
		);
		assert.match(
			dead.end.problems?.[0]?.why ?? '',
			/it ended with exit code 3; its last words are: POSTGRES_PASSWORD is missing/,
		);
		assert.doesNotMatch(dead.log.join('\n'), /never/);
		assert.deepEqual(left(), []);
	});
});

describe('actions in containers', { ...needs('docker'), concurrency: false }, () => {
	const files = {
		'shout/action.yml': `name: shout
inputs: { what: { required: true }, loud: { default: 'yes' } }
runs:
  using: docker
  image: Dockerfile
  env: { MOOD: '\${{ inputs.loud }}' }
  args: ['say \${{ inputs.what }}', 'two words']
  post-entrypoint: /post.sh
`,
		'shout/Dockerfile': `FROM ${testImage}\nCOPY *.sh /\nENTRYPOINT ["/main.sh"]\n`,
		'shout/main.sh':
			'#!/bin/bash\necho "$# args: $1, $2; $INPUT_WHAT $MOOD; in $PWD = $GITHUB_WORKSPACE as $HOME"; cat README.md; echo "word=$1" >> $GITHUB_OUTPUT; echo "kept=for later" >> $GITHUB_STATE; echo "FROM_ACTION=yes" >> $GITHUB_ENV; echo "::notice::seen"; mkdir -p out && echo root > out/file; test -f $GITHUB_EVENT_PATH && echo event\n',
		'shout/post.sh': '#!/bin/bash\necho "after: $STATE_kept"\n',
	};
	const workflow = (container: string) => `
on: push
jobs:
  rig:
    runs-on: any
    ${container}
    steps:
      - uses: actions/checkout@v4
      - uses: ./shout
        id: shout
        with: { what: hi }
      - run: echo "[\${{ steps.shout.outputs.word }}] $FROM_ACTION"; cat out/file; echo mine >> out/file
      - uses: docker://${testImage}
        with: { entrypoint: bash, args: '-c "echo image $GREETING; ls; cat /etc/hostname | wc -l"' }
        env: { GREETING: hello }
`;
	for (const [where, container, tier] of [
		['on the machine', 'env: {}', 'host'],
		['in a disposable copy of it', 'env: {}', 'disposable'],
		['in a container', `container: '${testImage}'`, 'container'],
	] as const) {
		test(`an action with a Dockerfile, and an image as a step, work with the files of the job ${where}`, async () => {
			await using rig = await openRig();
			const { end, log } = await rig.run(workflow(container), { files, tier });
			const text = log.join('\n');
			assert.equal(end.conclusion, 'passed', text);
			assert.match(
				text,
				/2 args: say hi, two words; hi yes; in \/github\/workspace = \/github\/workspace as \/github\/home\nrig/,
			);
			assert.match(text, /^event$/m);
			assert.match(text, /^\[say hi\] yes\nroot$/m);
			assert.match(text, /^image hello\nREADME.md\nout\nshout$/m);
			assert.match(text, /^after: for later$/m);
			assert.deepEqual(left(), []);
		});
	}
});

/** Containers and networks of the jobs of these tests that the engine has. */
function left(): readonly string[] {
	const list = (...args: string[]) => execFileSync('docker', args, { encoding: 'utf8' }).split('\n');
	const rooms = list('ps', '-a', '--format', '{{.Label "footbridge.room"}}').filter((room) => room.startsWith('rig-'));
	const networks = list('network', 'ls', '--format', '{{.Name}}').filter((name) => name.startsWith('footbridge-rig-'));
	return [...rooms, ...networks];
}
