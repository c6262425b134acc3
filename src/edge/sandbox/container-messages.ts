/** What the holder of a container is told, a line of JSON each. */
export type HolderOrder =
	/**
	 * The first: who the job is, in the words of `--user`; a file to be made as that user; the folder of this machine's Node, and what
	 * stands for it in an image where that does not run: a command, and a folder for PATH.
	 */
	| {
			readonly do: 'begin';
			readonly id: number;
			readonly user: string;
			readonly probe: string;
			readonly machine: string;
			readonly node: readonly string[];
			readonly bin: string;
	  }
	| {
			readonly do: 'run';
			readonly id: number;
			readonly argv: readonly string[];
			readonly env: { readonly [name: string]: string };
			readonly cwd: string;
			/** Path of the pipe that takes its output. */
			readonly output: string;
	  }
	/** SIGINT to the tree of a program, then SIGTERM, then SIGKILL. */
	| { readonly do: 'stop'; readonly id: number; readonly interruptMs: number; readonly terminateMs: number }
	/** Gives everything below a path to the job's user. */
	| { readonly do: 'own'; readonly id: number; readonly path: string }
	/** Removes what is in folders. */
	| { readonly do: 'empty'; readonly id: number; readonly paths: readonly string[] }
	/** Opens a port of the container's loopback, and carries what comes there to a socket. */
	| { readonly do: 'reach'; readonly id: number; readonly port: number; readonly socket: string }
	/** How many processes there are but its own. */
	| { readonly do: 'count'; readonly id: number };

/** What it answers, by the number of the order. A program is told of twice: when it was started, and when it has ended. */
export interface HolderAnswer {
	readonly id: number;
	readonly error?: string;
	readonly started?: true;
	readonly exit?: { readonly code: number | null; readonly signal: string | null; readonly isOutOfMemory: boolean };
	readonly count?: number;
	readonly done?: true;
}
