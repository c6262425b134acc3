import type { Permission, Role } from './access.ts';
import type { GroupRole } from './role-map.ts';

/** From where somebody came: this machine, a private network, or anywhere. Never an address. */
export type Origin = 'this machine' | 'a private network' | 'the internet';

/** What happens to accounts, rights and settings. Streams: `access/<person>`, `access/server`, `settings/<scope>`. */
export type AccessEvent =
	// stream access/<person>
	| { readonly kind: 'person-added'; readonly person: string; readonly way: 'set-up' | 'invited' | 'provider' }
	| { readonly kind: 'person-disabled' | 'person-enabled' | 'person-erased'; readonly person: string }
	| { readonly kind: 'password-set'; readonly person: string }
	| { readonly kind: 'person-invited'; readonly person: string }
	/** `*` is every project and the server; without a role: it was taken away. */
	| {
			readonly kind: 'role-set';
			readonly person: string;
			readonly project: string;
			readonly role?: Role;
			/** Name of the sign-in provider whose groups say so. */
			readonly provider?: string;
	  }
	| {
			readonly kind: 'signed-in';
			readonly person: string;
			readonly way: 'password' | 'link' | 'provider' | 'device';
			readonly from: Origin;
	  }
	| { readonly kind: 'signed-out'; readonly person: string; readonly sessions: 'this' | 'others' | 'all' }
	| {
			readonly kind: 'token-made';
			readonly person: string;
			readonly token: string;
			readonly scopes: readonly Permission[];
			readonly projects?: readonly string[];
			/** ISO 8601. */
			readonly expiresAt?: string;
	  }
	| { readonly kind: 'token-revoked'; readonly person: string; readonly token: string }
	// stream access/server
	/** Without a person: there is no such account. What was typed is not kept: it may be a password. */
	| {
			readonly kind: 'sign-in-failed';
			readonly person?: string;
			readonly way: 'password' | 'link' | 'provider';
			readonly why: string;
			readonly from: Origin;
	  }
	| {
			readonly kind: 'provider-set';
			readonly provider: string;
			readonly issuer: string;
			readonly clientId: string;
			readonly claim: string;
			readonly map: readonly GroupRole[];
	  }
	| { readonly kind: 'provider-removed'; readonly provider: string }
	| { readonly kind: 'keys-rotated'; readonly secrets: number }
	// stream settings/<scope>
	| { readonly kind: 'secret-set' | 'secret-removed'; readonly scope: string; readonly name: string }
	| { readonly kind: 'variable-set' | 'variable-removed'; readonly scope: string; readonly name: string };
