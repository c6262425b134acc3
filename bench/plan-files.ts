/** Workflow files to plan, with the number of jobs that have to come out. */
export interface PlanCase {
	readonly name: string;
	readonly files: ReadonlyMap<string, string>;
	readonly jobs: number;
}

/** What real repositories have, and more of it. */
export function planCases(): readonly PlanCase[] {
	return [
		one('one job of one step', 1, workflow(['  only:\n    runs-on: ubuntu-latest\n    steps:\n      - run: true\n'])),
		one('500 jobs of two matrices, one after the other', 500, workflow([matrix('test'), matrix('check', 'test')])),
		one('500 jobs, each needs the two before it', 500, workflow(chain(500))),
		one(
			'2,000 lines: 56 jobs as people write them',
			56,
			workflow(Array.from({ length: 56 }, (_, index) => usual(index))),
		),
		{
			name: '100 files of 4 jobs',
			jobs: 400,
			files: new Map(
				Array.from({ length: 100 }, (_, file) => [
					path(`file${file}`),
					workflow(Array.from({ length: 4 }, (_, index) => usual(index))),
				]),
			),
		},
	];
}

function one(name: string, jobs: number, text: string): PlanCase {
	return { name, jobs, files: new Map([[path('bench'), text]]) };
}

const path = (name: string): string => `.github/workflows/${name}.yml`;

function workflow(jobs: readonly string[]): string {
	return `name: bench\non:\n  push:\n    branches: [main, 'release/**']\nenv:\n  CI_LEVEL: full\njobs:\n${jobs.join('')}`;
}

/** 250 jobs. */
function matrix(id: string, needs?: string): string {
	const shards = Array.from({ length: 25 }, (_, index) => index + 1).join(', ');
	return `  ${id}:
${needs === undefined ? '' : `    needs: ${needs}\n`}    runs-on: \${{ matrix.os }}
    name: ${id} \${{ matrix.os }} \${{ matrix.node }} (\${{ matrix.shard }})
    strategy:
      fail-fast: false
      matrix:
        os: [ubuntu-22.04, ubuntu-24.04]
        node: [18, 20, 22, 24, 26]
        shard: [${shards}]
    steps:
      - uses: actions/checkout@v4
      - run: npm test -- --shard=\${{ matrix.shard }}/25
        env:
          NODE_VERSION: \${{ matrix.node }}
`;
}

function chain(count: number): readonly string[] {
	return Array.from({ length: count }, (_, index) => {
		const before = [index - 1, index - 2].filter((other) => other >= 0).map((other) => `job${other}`);
		const needs = before.length === 0 ? '' : `    needs: [${before.join(', ')}]\n`;
		return `  job${index}:\n${needs}    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${index}\n`;
	});
}

/** 35 lines. */
function usual(index: number): string {
	return `  build-${index}:
    name: Build ${index}
    runs-on: ubuntu-latest
    timeout-minutes: 30
    permissions:
      contents: read
    env:
      MODULE: module-${index}
      CACHE_KEY: \${{ github.ref_name }}-${index}
    steps:
      - uses: actions/checkout@v4
        with:
          fetch-depth: 0
      - name: Versions
        id: versions
        run: |
          node --version
          npm --version
          echo "short=\${GITHUB_SHA::8}" >> "$GITHUB_OUTPUT"
      - name: Install
        if: \${{ github.event_name == 'push' && !contains(github.ref, 'skip') }}
        run: npm ci --prefix packages/module-${index}
      - name: Test
        id: test
        continue-on-error: \${{ github.ref != 'refs/heads/main' }}
        working-directory: packages/module-${index}
        run: npm test -- --reporter=\${{ runner.debug && 'spec' || 'dot' }}
      - name: Report
        if: always() && steps.test.outcome == 'failure'
        env:
          SHORT: \${{ steps.versions.outputs.short }}
          WHO: \${{ format('{0}@{1}', github.actor, github.repository) }}
        run: |
          echo "::warning file=packages/module-${index}/package.json::$SHORT failed for $WHO"
          exit 1
`;
}
