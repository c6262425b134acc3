/** What an engine says while it pulls an image. */
export interface PullMessage {
	readonly status?: string;
	/** Of a layer. */
	readonly id?: string;
	readonly progressDetail?: { readonly current?: number; readonly total?: number };
}

/** Makes of hundreds of messages the lines worth reading: where it comes from, how far it is at each quarter, and its digest. */
export class PullProgress {
	readonly #layers = new Map<string, { current: number; total: number }>();
	#told = 0;

	/** The lines that a message is worth. */
	take({ status = '', id, progressDetail }: PullMessage): readonly string[] {
		const { current, total } = progressDetail ?? {};
		if (status === 'Downloading' && id !== undefined && current !== undefined && total !== undefined) {
			this.#layers.set(id, { current, total });
			return this.#quarter();
		}
		const layer = id === undefined ? undefined : this.#layers.get(id);
		if (layer !== undefined && (status === 'Download complete' || status === 'Pull complete')) {
			layer.current = layer.total;
			return this.#quarter();
		}
		const isOfWhole = id === undefined || status.startsWith('Pulling from');
		return isOfWhole && status !== '' ? [id === undefined || id === '' ? status : `${id}: ${status}`] : [];
	}

	#quarter(): readonly string[] {
		const sum = (key: 'current' | 'total') => [...this.#layers.values()].reduce((all, layer) => all + layer[key], 0);
		const [current, total] = [sum('current'), sum('total')];
		const quarter = Math.floor((4 * current) / Math.max(1, total));
		if (quarter <= this.#told) return [];
		this.#told = quarter;
		return [`Downloaded ${megabytes(current)} of ${megabytes(total)} in ${this.#layers.size} layers`];
	}
}

function megabytes(bytes: number): string {
	return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
