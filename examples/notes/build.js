import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// Writes dist/: the page, made small, and version.json. What was made small once is taken from the cache, which in a job
// is a folder of the tool cache and outlives the job.
const cache = join(process.env.RUNNER_TOOL_CACHE || '.build-cache', 'notes-build');
const source = new URL('src/page/', import.meta.url);
const read = (name) => readFileSync(new URL(name, source), 'utf8');

const files = { 'index.html': read('index.html'), 'page.css': read('page.css'), 'page.js': read('page.js') };
const motto = read('motto.txt').trim();
const version = hashOf(JSON.stringify([files, motto])).slice(0, 12);

mkdirSync('dist', { recursive: true });
mkdirSync(cache, { recursive: true });
const used = [];
for (const [name, text] of Object.entries(files)) {
	const small = fromCache(name, text.replace('{{motto}}', motto).replace('{{version}}', version));
	writeFileSync(join('dist', name), small);
	console.log(`dist/${name}: ${text.length} -> ${small.length} characters`);
}
writeFileSync('dist/version.json', JSON.stringify({ version }));
// Says which entries the newest build uses, so that the others can be removed.
put('used.json', JSON.stringify({ at: new Date().toISOString(), version, used }));
console.log(`version ${version}`);

function fromCache(name, text) {
	const entry = `${hashOf(text)}-${name}`;
	used.push(entry);
	if (!existsSync(join(cache, entry))) put(entry, minified(name, text));
	return readFileSync(join(cache, entry), 'utf8');
}

/** Whole or not at all: two builds may share the cache. */
function put(name, text) {
	const temporary = join(cache, `${name}.${process.pid}`);
	writeFileSync(temporary, text);
	renameSync(temporary, join(cache, name));
}

function minified(name, text) {
	const lines = text.split('\n').map((line) => line.trim());
	if (name.endsWith('.css')) return lines.join('').replaceAll(/\s*([{}:;,])\s*/g, '$1');
	return lines.filter((line) => line !== '' && !line.startsWith('//')).join('\n');
}

function hashOf(text) {
	return createHash('sha256').update(text).digest('hex').slice(0, 24);
}
