import { newestIn } from './newest.ts';

/** A JDK: its version as its `release` file has it, and who built it. */
export interface Jdk {
	readonly version: string;
	readonly vendor: string;
}

/** By `distribution` of setup-java: what the builder is called in the `release` file. */
const vendors: { readonly [distribution: string]: RegExp } = {
	temurin: /Adoptium/,
	adopt: /Adopt(?:ium|OpenJDK)/,
	'adopt-hotspot': /Adopt(?:ium|OpenJDK)/,
	zulu: /Azul/,
	corretto: /Amazon/,
	microsoft: /Microsoft/,
	liberica: /BellSoft/,
	oracle: /Oracle/,
	semeru: /IBM/,
	sapmachine: /SAP/,
	dragonwell: /Alibaba/,
	graalvm: /GraalVM|Oracle/,
};

/** Whether setup-java knows a distribution of this name that a JDK on a machine can be. */
export function isDistribution(name: string): boolean {
	return Object.hasOwn(vendors, name);
}

/** `1.8.0_402` is 8.0.402, `17.0.15` is itself, `25` is 25.0.0. */
export function javaSemver(version: string): string {
	const [, minor, update] = /^1\.(\d+)\.0(?:_(\d+))?/.exec(version) ?? [];
	if (minor !== undefined) return `${minor}.0.${Number(update ?? 0)}`;
	const [major = '0', second = '0', third = '0'] = version.split(/[.+]/);
	return `${major}.${second}.${third}`;
}

/** The JDK that `java-version` and `distribution` mean; one of another builder with the same version where there is none of theirs. */
export function pickJdk<Here extends Jdk>(
	asked: string,
	distribution: string,
	here: readonly Here[],
): { readonly jdk: Here; readonly isOther: boolean } | undefined {
	const range = asked.replace(/^1\.(?=\d)/, '').replace(/\+.*$/, '');
	const newest = (among: readonly Here[]) => {
		const version = newestIn(
			range,
			among.map((jdk) => javaSemver(jdk.version)),
		);
		return among.find((jdk) => javaSemver(jdk.version) === version);
	};
	const own = newest(here.filter(({ vendor }) => vendors[distribution]?.test(vendor) === true));
	if (own !== undefined) return { jdk: own, isOther: false };
	const other = newest(here);
	return other === undefined ? undefined : { jdk: other, isOther: true };
}

/** The version that `.java-version`, `.tool-versions` or `.sdkmanrc` names. */
export function javaVersionIn(file: string, text: string): string | undefined {
	if (file.endsWith('.tool-versions')) return /^java\s+(?:\S*?-)?(\d[\d.]*)/m.exec(text)?.[1];
	if (file.endsWith('.sdkmanrc')) return /^java=(\d[\d.]*)/m.exec(text)?.[1];
	return /(\d[\d.]*)/.exec(text)?.[1];
}
