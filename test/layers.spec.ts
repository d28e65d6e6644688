import { globSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { brokenLayers, ENVIRONMENT_OF_CHILDREN, type Source } from './layers';

const ROOT = join(__dirname, '..');

function sourcesOfTheProject(): Source[] {
  const paths = globSync('{libs,apps,examples}/**/*.{ts,tsx,mts,cts}', {
    cwd: ROOT,
    exclude: (name) => name === 'node_modules' || name === 'dist',
  });
  return paths.map((path) => ({ path: path.replaceAll(sep, '/'), text: readFileSync(join(ROOT, path), 'utf8') }));
}

it('is kept by every file of the project', () => {
  const sources = sourcesOfTheProject();

  expect(sources.length).toBeGreaterThan(50);
  expect(sources.map(({ path }) => path)).toEqual(
    expect.arrayContaining(['libs/core/src/index.ts', 'apps/api/src/main.ts']),
  );
  expect(brokenLayers(sources)).toEqual([]);
});

it('makes no exception that nobody needs', () => {
  const needing = sourcesOfTheProject().filter(({ path, text }) => {
    return ENVIRONMENT_OF_CHILDREN.includes(path) && text.includes('process.env');
  });

  expect(needing.map(({ path }) => path).sort()).toEqual(ENVIRONMENT_OF_CHILDREN);
});

describe('is broken', () => {
  it.each([
    ['libs/core/src/a.ts', '@reflex/events', 'imports upwards: core may not know events.'],
    ['libs/events/src/a.ts', '@reflex/event-store', 'imports upwards: events may not know event-store.'],
    ['libs/events/src/a.ts', '@reflex/observability', 'imports sideways: events may not know observability.'],
    ['libs/events/src/a.spec.ts', '@reflex/triggers', 'imports upwards: events may not know triggers.'],
    ['libs/triggers/src/a.ts', '@reflex/dlq', 'imports sideways: triggers may not know dlq.'],
    ['libs/triggers/src/a.ts', '@reflex/agents', 'makes triggers know agents. They meet in an app only.'],
    ['libs/agents/src/a.ts', '@reflex/triggers', 'makes agents know triggers. They meet in an app only.'],
    ['libs/dlq/src/a.ts', '@reflex/health', 'imports upwards: dlq may not know health.'],
    [
      'libs/dlq/src/a.ts',
      '@reflex/event-store/src/postgres/queries',
      'imports @reflex/event-store/src/postgres/queries, the inside of a lib. Import from @reflex/event-store.',
    ],
    [
      'libs/dlq/src/a.ts',
      '../../event-store/src/errors',
      'imports libs/event-store/src/errors by its path. Import what a lib exports, from @reflex/<lib>.',
    ],
    [
      'apps/api/src/a.ts',
      '../../../libs/core/src/glob',
      'imports libs/core/src/glob by its path. Import what a lib exports, from @reflex/<lib>.',
    ],
    [
      'apps/cli/src/a.ts',
      '../../api/src/config',
      'imports apps/api/src/config by its path. Import what a lib exports, from @reflex/<lib>.',
    ],
    ['apps/web/src/a.tsx', '@reflex/events', 'imports events; web may know core alone.'],
    ['apps/api/src/a.ts', '@reflex/test', 'imports the test support. Only tests may.'],
    [
      'libs/dlq/src/a.ts',
      './testing/b',
      'imports libs/dlq/src/testing/b, which is for tests. Move what the product needs.',
    ],
    [
      'examples/fraud/a.ts',
      '@reflex/agents/testing',
      'imports @reflex/agents/testing, which is for tests. Only specs may.',
    ],
    ['apps/api/src/a.ts', '@reflex/testing', 'imports @reflex/testing, which is for tests. Only specs may.'],
    ['libs/triggers/src/a.spec.ts', '@reflex/agents/testing', 'makes triggers know agents. They meet in an app only.'],
    [
      'libs/dlq/src/a.spec.ts',
      '@reflex/nowhere/testing',
      'imports @reflex/nowhere/testing, the inside of a lib. Import from @reflex/nowhere.',
    ],
    ['libs/dlq/src/a.ts', '@reflex/dlq', 'imports its own index. Import the file instead.'],
    [
      'libs/dlq/src/a.ts',
      '@reflex/nowhere',
      'imports @reflex/nowhere, which is in no layer. Add it to LAYERS in test/layers.ts.',
    ],
    [
      'libs/nowhere/src/a.ts',
      '@reflex/core',
      'belongs to nowhere, which is in no layer. Add it to LAYERS in test/layers.ts.',
    ],
    ['libs/core/src/a.ts', 'node:fs', 'imports node:fs. libs/core loads in a browser; only zod may be imported there.'],
  ])('when %s imports %s', (path, specifier, sentence) => {
    const text = `// a comment\n\nimport { x } from '${specifier}';\n`;

    expect(brokenLayers([{ path, text }])).toEqual([`${path}:3: ${sentence}`]);
  });

  it.each([
    "import type { X } from '@reflex/triggers';",
    "export { x } from '@reflex/triggers';",
    "export * from '@reflex/triggers';",
    "import '@reflex/triggers';",
    "const x = await import('@reflex/triggers');",
    "const x = require('@reflex/triggers');",
    "const x = require.resolve('@reflex/triggers');",
    "import x = require('@reflex/triggers');",
    "let x: import('@reflex/triggers').Filter;",
    "jest.mock('@reflex/triggers');",
  ])('in whatever form: %s', (text) => {
    expect(brokenLayers([{ path: 'libs/core/src/a.spec.ts', text }])).toEqual([
      'libs/core/src/a.spec.ts:1: imports upwards: core may not know triggers.',
    ]);
  });

  it.each([
    'const url = process.env.DATABASE_URL;',
    "const url = process['env'].DATABASE_URL;",
    'const url = globalThis.process.env.DATABASE_URL;',
    'const { env } = process;',
    "import { env } from 'node:process';",
  ])('when a lib reads the environment: %s', (text) => {
    expect(brokenLayers([{ path: 'libs/agents/src/a.ts', text }])).toEqual([
      "libs/agents/src/a.ts:1: reads the environment. Only an app's src/config.ts does; take the value as an option.",
    ]);
  });

  it('when an app reads the environment outside of its config.ts', () => {
    const text = '\nfoo(process.env);';

    expect(brokenLayers([{ path: 'apps/api/src/main.ts', text }])).toEqual([
      "apps/api/src/main.ts:2: reads the environment. Only an app's src/config.ts does; take the value as an option.",
    ]);
  });
});

describe('is kept', () => {
  it.each([
    ['libs/triggers/src/a.ts', '@reflex/event-store'],
    ['libs/agents/src/a.ts', '@reflex/observability'],
    ['libs/health/src/a.ts', '@reflex/realtime'],
    ['libs/events/src/a.spec.ts', '@reflex/events'],
    ['libs/events/src/a.e2e-spec.ts', '@reflex/test'],
    ['libs/events/src/testing/a.ts', '@reflex/test'],
    ['libs/events/src/a.spec.ts', './testing/a'],
    ['libs/events/src/nested/a.ts', '../b'],
    ['libs/events/src/a.ts', 'class-validator'],
    ['apps/api/src/a.ts', '@reflex/triggers'],
    ['apps/api/src/incidents/a.ts', '../config'],
    ['apps/web/src/a.tsx', '@reflex/core'],
    ['examples/fraud/a.ts', '@reflex/agents'],
    ['examples/fraud/a.spec.ts', '@reflex/agents/testing'],
    ['libs/testing/src/a.ts', '@reflex/triggers/testing'],
    ['examples/fraud/golden/a.golden.ts', '@reflex/agents/testing'],
  ])('when %s imports %s', (path, specifier) => {
    expect(brokenLayers([{ path, text: `import { x } from '${specifier}';` }])).toEqual([]);
  });

  it('when config.ts of an app or a test reads the environment', () => {
    const text = 'export const config = read(process.env);';
    const paths = ['apps/api/src/config.ts', 'apps/api/src/config.spec.ts'];

    expect(brokenLayers(paths.map((path) => ({ path, text })))).toEqual([]);
  });

  it('by comments, strings and other fields named env', () => {
    const text =
      "// import x from '@reflex/triggers'; process.env.X\nconst x = \"import '@reflex/triggers'\"; run({ env: {} }); process.cwd();";

    expect(brokenLayers([{ path: 'libs/core/src/a.ts', text }])).toEqual([]);
  });
});
