import { shellWord } from '#core/shell-word.ts';

const mark = '# footbridge pre-push hook';

/** The text of the hook: calls the hook that was there before, then `footbridge hooks pre-push`, each with what git says. */
export function hookScript(program: string, data: string | undefined): string {
	const own =
		data === undefined ? '' : `FOOTBRIDGE_DATA=\${FOOTBRIDGE_DATA:-${shellWord(data)}}\nexport FOOTBRIDGE_DATA\n`;
	return `#!/bin/sh
${mark}: runs the workflows of what is pushed, and lets it through when they pass.
# \`git push --no-verify\` or FOOTBRIDGE_SKIP=1 goes past it; \`footbridge hooks uninstall\` takes it out.
pushed=$(cat)
say() { [ -z "$pushed" ] || printf '%s\\n' "$pushed"; }
if [ -x "$0.before-footbridge" ]; then
	say | "$0.before-footbridge" "$@" || exit $?
fi
${own}footbridge=${shellWord(program)}
[ -x "$footbridge" ] || footbridge=$(command -v footbridge) || {
	echo "footbridge is not on this machine any more: the push was refused, because nothing was checked" >&2
	echo "  once    git push --no-verify" >&2
	echo "  always  rm '$0'" >&2
	exit 1
}
say | "$footbridge" hooks pre-push "$@"
`;
}

/** Whether a hook's text is one of ours. */
export function isOurHook(text: string): boolean {
	return text.includes(mark);
}
