/** Tools whose presence, place and build are facts. */
const tools = [
	...[
		'bash',
		'node',
		'npm',
		'npx',
		'pnpm',
		'yarn',
		'python',
		'python3',
		'pip3',
		'go',
		'cargo',
		'rustc',
		'java',
		'mvn',
		'gradle',
		'ruby',
	],
	...[
		'php',
		'dotnet',
		'gcc',
		'clang',
		'make',
		'cmake',
		'git',
		'docker',
		'curl',
		'tar',
		'zstd',
		'psql',
		'sqlite3',
		'sudo',
		'strace',
	],
];

/** How deep the tool cache is looked at, and how many entries at most. */
const depth = 3;
const entries = 300;

/**
 * A POSIX sh script that prints the facts of the surroundings it runs in, as the user it runs as: `key<TAB>value` lines, and
 * sections of raw text that `parseSnapshot` reads. It takes tens of milliseconds, asks no network and changes nothing.
 * What a machine cannot tell is left out.
 */
export const snapshotScript = `
fact() { printf '%s\\t%s\\n' "$1" "$2"; }
section() { printf '\\n@@ %s\\n' "$1"; }
exec 2>/dev/null
fact user "$(id)"
fact umask "$(umask)"
fact cwd "$PWD"
fact uname "$(uname -srm)"
fact timezone "$(date '+%Z %z')"
fact locale "\${LC_ALL:-\${LANG:-}}"
section cpu
nproc || getconf _NPROCESSORS_ONLN
section memory
grep -E '^(MemTotal|SwapTotal):' /proc/meminfo
section cgroup
cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/cpu.max /sys/fs/cgroup/pids.max
section limits
ulimit -a
section path
printf '%s\\n' "$PATH"
section tools
found=
for tool in ${tools.join(' ')}; do
	file=$(command -v "$tool") || continue
	case $file in /*) printf '%s\\t%s\\n' "$tool" "$file"; found="$found $file" ;; esac
done
section binaries
stat -L -c '%n	%s %Y' $found
section disk
df -Pk "$GITHUB_WORKSPACE" "$RUNNER_TEMP" "$HOME"
section inodes
df -Pi "$GITHUB_WORKSPACE" "$RUNNER_TEMP" "$HOME"
section modes
IFS=:
set -f
stat -L -c '%n	%U:%G %a %F' "$HOME" "$GITHUB_WORKSPACE" "$RUNNER_TEMP" /tmp $PATH
unset IFS
set +f
section cache
find -H "$RUNNER_TOOL_CACHE" -maxdepth ${depth} -printf '%p\\t%u:%g %m %y\\n' | LC_ALL=C sort | head -n ${entries}
section listening
cat /proc/net/tcp /proc/net/tcp6 | grep ' 0A '
section resolver
cksum < /etc/resolv.conf
cksum < /etc/hosts
section end
`;
