import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** What a signed URL allows. */
export interface Grant {
	readonly use: 'upload' | 'download';
	/** The job that may use it. */
	readonly session: string;
	/** Id of the content. */
	readonly blob: string;
	/** Of a download: its file name and type. */
	readonly name?: string;
	readonly mime?: string;
}

/** URLs that carry their own right, as cloud stores give them: clients send no token with them. */
export interface SignedUrls {
	sign(origin: string, grant: Grant, now: number): string;
	/** Undefined for what was not signed here, for this path, or long ago. */
	read(token: string, signature: string, now: number): Grant | undefined;
}

const lifeMs = 3_600_000;

/** The key lives as long as the process: so does what it signs. */
export function signedUrls(): SignedUrls {
	const key = randomBytes(32);
	// JSON says where each field ends: no other grant has the same text.
	const signatureOf = (token: string) => createHmac('sha256', key).update(token).digest();
	return {
		sign(origin, grant, now) {
			const token = Buffer.from(JSON.stringify({ ...grant, until: now + lifeMs })).toString('base64url');
			return `${origin}/blobs/${token}?sig=${signatureOf(token).toString('base64url')}`;
		},
		read(token, signature, now) {
			const given = Buffer.from(signature, 'base64url');
			const wanted = signatureOf(token);
			if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return undefined;
			const { until, ...grant } = JSON.parse(Buffer.from(token, 'base64url').toString()) as Grant & {
				readonly until: number;
			};
			return now < until ? grant : undefined;
		},
	};
}
