const list = document.querySelector('#notes');
const search = document.querySelector('#search');
const state = document.querySelector('#state');
const form = document.querySelector('#add');

async function show() {
	const answer = await fetch(`/api/notes?q=${encodeURIComponent(search.value)}`);
	const { notes = [], error } = await answer.json();
	state.textContent = error ?? (notes.length === 0 ? 'No notes.' : '');
	list.replaceChildren(...notes.map(itemOf));
}

function itemOf(note) {
	const item = document.createElement('li');
	const text = document.createElement('span');
	text.textContent = note.preview;
	text.title = note.text;
	const day = document.createElement('time');
	day.textContent = note.day;
	day.dateTime = note.at;
	const remove = document.createElement('button');
	remove.type = 'button';
	remove.textContent = 'Remove';
	remove.setAttribute('aria-label', `Remove: ${note.preview}`);
	remove.addEventListener('click', async () => {
		await fetch(`/api/notes/${note.id}`, { method: 'DELETE' });
		await show();
	});
	item.append(text, day, remove);
	return item;
}

form.addEventListener('submit', async (event) => {
	event.preventDefault();
	await fetch('/api/notes', { method: 'POST', body: JSON.stringify({ text: form.elements.text.value }) });
	form.reset();
	await show();
});
search.addEventListener('input', show);
await show();
