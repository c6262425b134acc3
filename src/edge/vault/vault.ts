/**
 * Encrypts secrets for the place where they are kept.
 *
 * Life cycle: `open` (by wire.ts) -> seal and unseal in any number. To change the master key: `addKey`, then `rewrap` what is
 * kept, then `dropOldKeys` once all of it is durable; killed in between, everything can still be unsealed.
 * What was sealed for one place cannot be unsealed for another, nor after a bit of it was changed: FB7030. FB7031: its key is not there.
 */
export interface Vault {
	seal(place: SecretPlace, value: string): Promise<string>;
	unseal(place: SecretPlace, sealed: string): Promise<string>;
	/** The same secret under the newest master key; its value is not looked at. */
	rewrap(place: SecretPlace, sealed: string): Promise<string>;
	addKey(): Promise<void>;
	dropOldKeys(): Promise<void>;
}

/** What a sealed secret is bound to. */
export interface SecretPlace {
	readonly scope: string;
	readonly name: string;
}
