import { ProblemError } from '#core/result.ts';

/** The problems of a blob port, the same for every technology. */
export const blobProblems = {
	exists: () =>
		new ProblemError({ code: 'FB7020', what: 'the content is complete already, and contents never change' }),
	missing: () => new ProblemError({ code: 'FB7021', what: 'a block of the content was not uploaded' }),
	tooLarge: (what: string) => new ProblemError({ code: 'FB7022', what: `the upload has more than ${what}` }),
	mismatch: (why: string) =>
		new ProblemError({ code: 'FB7023', what: 'what was uploaded is not what was announced', why }),
} as const;

/** Throws unless the content is as its uploader said. */
export function checkFacts(
	actual: { readonly sizeBytes: number; readonly sha256: string },
	expected: { readonly sizeBytes?: number; readonly sha256?: string },
): void {
	if (expected.sizeBytes !== undefined && expected.sizeBytes !== actual.sizeBytes)
		throw blobProblems.mismatch(`${actual.sizeBytes} bytes instead of ${expected.sizeBytes}`);
	if (expected.sha256 !== undefined && expected.sha256.toLowerCase() !== actual.sha256)
		throw blobProblems.mismatch(`its SHA-256 is ${actual.sha256}, not ${expected.sha256}`);
}

/** Throws on an id that could be more than a name: ids are made here, never taken from a request. */
export function checkId(id: string): string {
	if (!/^[a-z0-9-]{1,64}$/.test(id)) throw new Error(`not an id of a content: ${JSON.stringify(id)}`);
	return id;
}
