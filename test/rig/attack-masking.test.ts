import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Event } from '#core/event.ts';
import { createMasker, type Masker } from '#core/job/masker.ts';
import { redactLog } from '#engine/redact-log.ts';
import { openRig, type Rig, type RunOptions } from './rig.ts';
import { steerable } from './steerable.ts';

let rig: Rig;

before(async () => {
	rig = await openRig();
});
after(async () => {
	await rig[Symbol.asyncDispose]();
});

const expression = (source: string): string => `\${{ ${source} }}`;

/** A workflow of one job with these scripts as steps; each knows the secret as `$S`. */
const workflow = (...scripts: readonly string[]): string =>
	[
		'on: push',
		'jobs:',
		'  build:',
		'    runs-on: ubuntu-latest',
		'    env:',
		`      S: ${expression('secrets.S || vars.S')}`,
		'    steps:',
		...scripts.flatMap((script) => ['      - run: |', ...script.split('\n').map((line) => `          ${line}`)]),
	].join('\n');

interface Seen {
	/** The log of the job, as it stands on the disk. */
	readonly log: string;
	readonly lines: readonly string[];
	readonly events: readonly Event[];
	/** Everything that left the job: log, events, end. */
	readonly all: string;
}

async function seen(text: string, options: RunOptions): Promise<Seen> {
	const { end, log, events } = await rig.run(text, options);
	return {
		log: log.join('\n'),
		lines: log,
		events,
		all: [log.join('\n'), JSON.stringify(events), JSON.stringify(end)].join('\n'),
	};
}

/** The same job twice: with the value as a secret, and as a plain variable, which nobody hides. */
async function both(secret: string, ...scripts: readonly string[]): Promise<{ readonly on: Seen; readonly off: Seen }> {
	const on = await seen(workflow(...scripts), { secrets: { S: secret } });
	const off = await seen(workflow(...scripts), { vars: { S: secret } });
	return { on, off };
}

/** What of a base64 text is the secret's alone: the characters at its ends hold bits of others too. */
const core = (encoded: string) => encoded.slice(4, -4);

const secret = 'Tr0ub4dor&3-Zx';

test('MSK-01: what base64 makes of a secret and its line feed is hidden', async () => {
	const { on, off } = await both(secret, 'echo "$S" | base64');
	const encoded = Buffer.from(`${secret}\n`).toString('base64');
	assert.ok(off.lines.includes(encoded), 'without a mask it is shown');
	assert.ok(!on.all.includes(core(encoded)));
	assert.ok(on.lines.some((line) => line.startsWith('***')));
	const onDisk = execFileSync('grep', ['-rlaF', core(encoded), rig.folder, '--include=*'], { encoding: 'utf8' })
		.trim()
		.split('\n');
	assert.equal(onDisk.length, 1, 'of all files only the log without a mask has it');
});

test('MSK-02: a secret is hidden in base64 at each of the three places that a byte can have', async () => {
	const prefixes = ['user:', 'u:', 'us:', ''];
	const { on, off } = await both(secret, ...prefixes.map((prefix) => `echo -n "${prefix}$S" | base64`));
	for (const prefix of prefixes) {
		const encoded = Buffer.from(prefix + secret).toString('base64');
		assert.ok(off.lines.includes(encoded), `${prefix} is shown without a mask`);
		const own = encoded.slice(Math.ceil((prefix.length * 4) / 3) + 1, -4);
		assert.ok(own.length >= 8 && !on.all.includes(own), `${prefix}: ${on.log}`);
	}
	assert.equal(on.lines.filter((line) => line.includes('***')).length >= prefixes.length, true);
});

test('MSK-04: of a JSON secret the strings are hidden, and not its braces', async () => {
	const value = '{\n  "id": 1,\n  "password": "foobar-123"\n}';
	const { on, off } = await both(
		value,
		"echo '{ hello }'\nprintf '%s' \"$S\" | sed -n 's/.*password\": \"\\(.*\\)\".*/\\1/p'",
	);
	assert.ok(off.lines.includes('foobar-123') && off.lines.includes('{ hello }'));
	assert.ok(on.lines.includes('{ hello }') && on.lines.includes('***'));
	assert.ok(!on.all.includes('foobar-123'));
});

test('MSK-05: every line of a key is hidden, printed as it is, in one line, and with the line ends of Windows', async () => {
	const body = Array.from({ length: 25 }, (_, i) =>
		Buffer.from(`key material ${i} ${i * 7919} and ${i}`)
			.toString('base64')
			.slice(0, 44),
	);
	const pem = ['-----BEGIN PRIVATE KEY-----', ...body, '-----END PRIVATE KEY-----'].join('\n');
	const { on, off } = await both(
		pem,
		'printf "%s\\n" "$S"',
		'printf "%s" "$S" | tr "\\n" " "',
		'printf "%s\\n" "$S" | sed "s/$/\\r/"',
	);
	for (const line of body) {
		assert.equal(off.log.split(line).length - 1, 3, 'without a mask all three show it');
		assert.ok(!on.all.includes(line), line);
	}
	assert.ok(!on.log.includes('BEGIN PRIVATE'));
});

test('MSK-06: a secret in two writes, and one over the border of a pipe, is hidden from who looks on as well', async () => {
	const value = 'abc-def-ghi';
	using process = steerable();
	const shown = new Set<string>();
	const key = 'run-live/build.1';
	const look = async () => {
		for (const { text } of (await rig.ports.logs.read(key, 1, 1000)).lines) shown.add(text);
	};
	const leave = rig.ports.logs.follow(key, () => void look());
	const slowly = 'printf "live: ${S:0:5}"; sleep 0.4; printf "${S:5} end\\n"';
	const running = rig.run(workflow(slowly, process.command), { secrets: { S: value }, logKey: key });
	await process.started();
	await sleep(150);
	await look();
	assert.ok(shown.has('live: *** end'), 'a live viewer has the whole line');
	process.exit(0);
	await running;
	leave();
	assert.ok(![...shown].some((line) => line.includes('abc')));
	const unmasked = await seen(workflow(slowly), { vars: { S: value } });
	assert.ok(unmasked.lines.includes(`live: ${value} end`), 'without a mask it is shown');

	const { on, off } = await both(value, 'head -c 65530 /dev/zero | tr "\\0" "x"; printf "%s\\n" "$S"');
	assert.ok(off.lines.join('').includes(value), 'without a mask the log shows it');
	assert.ok(!on.lines.join('').includes(value) && on.lines.join('').includes('x***'));
});

test('MSK-08: a secret that control sequences, carriage returns, backspaces or invisible characters cut is hidden', async () => {
	const cuts = ['\\033[0m', '\\033[31m', '\\r', '\\b', '\\342\\200\\213', '\\033]0;t\\007'];
	const { on, off } = await both(secret, ...cuts.map((cut) => `printf '> %s${cut}%s\\n' "\${S:0:5}" "\${S:5}"`));
	const [head, tail] = [secret.slice(0, 5), secret.slice(5)];
	assert.equal(off.log.split(head).length - 1, cuts.length, 'without a mask the first part is shown each time');
	assert.equal(off.log.split(tail).length - 1, cuts.length);
	assert.ok(!on.all.includes(head) && !on.all.includes(tail), on.log);
	assert.equal(on.lines.filter((line) => line.startsWith('> ***')).length, cuts.length);
});

test('MSK-09: add-mask hides from that line on, in all its lines; one of three characters is refused', async () => {
	const { lines, log } = await seen(
		workflow(
			'echo "before hello-there"; echo "::add-mask::hello-there"; echo "after hello-there"',
			'one=first; two=second; echo "::add-mask::$one-part%0A$two-part"; echo $one-part; echo "x $two-part y"; echo hello-there',
			'echo "::add-mask::e"; echo "every e is here"; echo "::add-mask::abc"; echo "abc"',
		),
		{},
	);
	assert.ok(lines.includes('before hello-there'), 'before there was a mask it is shown');
	assert.ok(lines.includes('after ***') && lines.includes('x *** y'));
	assert.ok(!log.includes('first-part') && !log.includes('second-part'));
	assert.ok(lines.includes('every e is here') && lines.includes('abc'), 'the log stays readable');
	assert.equal(lines.filter((line) => /^Warning: .*mask.*4 characters/.test(line)).length, 2);
});

test('MSK-10: a value that was printed before its mask is told, and the stored log can be rewritten', async () => {
	const logKey = 'run-early/build.1';
	const script = 'v=early-bird; echo "token $v-77"; echo "::add-mask::$v-77"; echo "token $v-77"';
	const { lines } = await seen(workflow(script), { logKey });
	const shownIn = lines.indexOf('token early-bird-77') + 1;
	assert.ok(shownIn > 0, 'what was printed before the mask is shown');
	assert.ok(lines.includes('token ***'));
	assert.match(lines.at(-1) ?? '', new RegExp(`^Warning: line ${shownIn} shows a value that was masked only later`));

	const before = await rig.ports.logs.read(logKey, 1, 1000);
	const redacted = await redactLog(rig.ports.logs, [logKey], ['early-bird-77']);
	assert.deepEqual(redacted, { ok: true, value: { lines: lines.length, changed: 1 } });
	const { lines: after } = await rig.ports.logs.read(logKey, 1, 1000);
	assert.equal(after[shownIn - 1]?.text, 'token ***');
	assert.deepEqual(
		after.map(({ number, at }) => ({ number, at })),
		before.lines.map(({ number, at }) => ({ number, at })),
	);
	const found = await rig.ports.logs.search(logKey, { pattern: 'early-bird-77', isRegex: false, limit: 9 });
	assert.ok(found.ok && found.value.total === 0, 'a search does not find it either');
	assert.throws(
		() => execFileSync('grep', ['-rlaF', 'early-bird-77', `${rig.folder}/logs`]),
		'no file of a log has it',
	);
});

test('MSK-12: a secret is hidden in step names, annotations, summaries, outputs and why something failed', async () => {
	const text = (from: string) =>
		[
			'on: push',
			'jobs:',
			'  build:',
			'    runs-on: ubuntu-latest',
			'    env:',
			`      S: ${expression(`${from}.S`)}`,
			'    outputs:',
			`      out: ${expression('steps.a.outputs.word')}`,
			'    environment:',
			'      name: prod',
			`      url: https://x.example/${expression('env.S')}`,
			'    steps:',
			`      - name: deploy with ${expression(`${from}.S`)}`,
			'        id: a',
			'        run: |',
			'          echo "::error file=a.txt,title=t $S::failed with $S"',
			'          echo "# done with $S" >> "$GITHUB_STEP_SUMMARY"',
			'          echo "word=$S" >> "$GITHUB_OUTPUT"',
			`      - run: echo "::set-env name=X::$S"; exit 3`,
			`      - name: broken ${expression(`${from}.S`)}`,
			'        if: always()',
			`        working-directory: /nonexistent/${expression(`${from}.S`)}`,
			'        run: echo no',
		].join('\n');
	const value = 'hush-hush-42';
	const on = await seen(text('secrets'), { secrets: { S: value } });
	const off = await seen(text('vars'), { vars: { S: value } });
	const places = [
		`deploy with ${value}`,
		`failed with ${value}`,
		`t ${value}`,
		`# done with ${value}`,
		`"word":"${value}"`,
		`broken ${value}`,
		`https://x.example/${value}`,
	];
	for (const place of places) assert.ok(off.all.includes(place), `without a mask ${place} leaves the job`);
	assert.ok(!on.all.includes(value), on.all);
	for (const place of places.filter((place) => !place.startsWith('"word"')))
		assert.ok(on.all.includes(place.replace(value, '***')), place);
});

test('MSK-13: a secret is hidden as a shell that traces prints it, and in a URL', async () => {
	const value = `it's $a "b" %20 ü/+z`;
	const scripts = [
		'set -x; true -H "Authorization: Bearer $S"',
		`python3 -c 'import os,urllib.parse as u; s=os.environ["S"]; print("https://user:"+u.quote(s,safe="")+"@host", u.quote_plus(s), repr(s), __import__("json").dumps(s))'`,
	];
	const { on, off } = await both(value, ...scripts);
	assert.ok(off.log.includes('Authorization: Bearer it') && off.log.includes('%27s%20%24a'), off.log);
	const marks = ['$a', '%24a', 'b" %20', '%22b%22', '\\"b\\"'];
	for (const mark of marks) assert.ok(!on.log.includes(mark), `${mark} is left in\n${on.log}`);
	assert.ok(on.log.includes('https://user:***@host'));
});

test('MSK-14: a token is hidden raw, and in base64 as git sends it', async () => {
	const token = 'ghs_16C7e42F292c6912E7710c838347Ae178B4a';
	const { on, off } = await both(
		token,
		'echo "$S"',
		'printf "x-access-token:%s" "$S" | base64 -w0; echo',
		'printf "x-access-token:%s" "$S" | base64',
	);
	const encoded = Buffer.from(`x-access-token:${token}`).toString('base64');
	assert.ok(off.lines.includes(token) && off.lines.includes(encoded), 'without a mask both are shown');
	assert.ok(!on.all.includes(token) && !on.all.includes(encoded.slice(24, 60)));
	assert.ok(
		!on.all.includes(encoded.slice(24, 40)) && !on.all.includes(encoded.slice(44, 60)),
		'also where base64 breaks its line',
	);
});

test('MSK-15: with 10,000 secrets a log still goes through at 20 MB a second, in memory that does not grow with it', () => {
	const secrets = Array.from(
		{ length: 10_000 },
		(_, i) => `${(Math.imul(i + 1, 2_654_435_761) >>> 0).toString(36)}-tok${i}`,
	);
	const line = (i: number) =>
		`step ${i}: compiling packages/core/src/module-${i % 977}.ts with ${(i * 7919) % 1000} notes`;
	const plain = Buffer.from(Array.from({ length: 12_000 }, (_, i) => `${line(i)}\n`).join(''));
	const hidden = Buffer.from(`first ${secrets[9_999]} last\n`);
	const flow = (masker: Masker) => {
		const lines = masker.lines();
		const texts = [Buffer.from(lines.push(hidden)).toString()];
		const [start, before] = [performance.now(), process.memoryUsage.rss()];
		let bytes = 0;
		for (let round = 0; round < 32; round++) {
			for (let at = 0; at < plain.length; at += 65_536) bytes += lines.push(plain.subarray(at, at + 65_536)).length;
		}
		const seconds = (performance.now() - start) / 1000;
		texts.push(Buffer.from(lines.end()).toString());
		return { text: texts.join(''), rate: bytes / 1e6 / seconds, growth: process.memoryUsage.rss() - before };
	};
	assert.match(flow(createMasker()).text, new RegExp(`^first ${secrets[9_999]} last`), 'without a mask it is shown');
	const masker = createMasker(secrets);
	flow(masker);
	const { text, rate, growth } = flow(masker);
	assert.match(text, /^first \*\*\* last\n/);
	assert.ok(rate >= 20, `${rate} MB/s`);
	assert.ok(growth < 50e6, `${growth} bytes more`);
});
