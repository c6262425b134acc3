import { randomUUID } from 'node:crypto';
import { Journal } from './journal.js';
import { preview } from './preview.js';

/** All notes, kept in a journal. */
export class Notes {
	#journal;
	#notes = new Map();

	constructor(path) {
		this.#journal = new Journal(path);
		this.#refresh();
	}

	add(text) {
		const note = { id: randomUUID(), at: new Date().toISOString(), text: text.trim() };
		this.#journal.append({ add: note });
		return note;
	}

	/** Whether there was such a note. */
	remove(id) {
		this.#refresh();
		if (!this.#notes.has(id)) return false;
		this.#journal.append({ remove: id });
		return true;
	}

	/** Newest first; with `words`, those that hold all of them, in any case. */
	list(words = '') {
		this.#refresh();
		const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
		return [...this.#notes.values()]
			.filter((note) => wanted.every((word) => note.text.toLowerCase().includes(word)))
			.reverse()
			.map((note) => ({ ...note, day: note.at.slice(0, 10), preview: preview(note.text) }));
	}

	close() {
		this.#journal.close();
	}

	#refresh() {
		for (const { add, remove } of this.#journal.read()) {
			if (add !== undefined) this.#notes.set(add.id, add);
			else this.#notes.delete(remove);
		}
	}
}
