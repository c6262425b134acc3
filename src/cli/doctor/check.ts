/** One thing that was looked at. */
export interface Check {
	readonly name: string;
	/** `needed` stops Footbridge; `good` takes something away. */
	readonly state: 'fine' | 'good' | 'needed';
	readonly says: string;
	/** The one command that mends it. */
	readonly command?: string;
}

/** The command that installs a program of this name with the machine's package manager. */
export function installs(debian: string, brew: string = debian): string {
	return process.platform === 'darwin' ? `brew install ${brew}` : `sudo apt-get install -y ${debian}`;
}
