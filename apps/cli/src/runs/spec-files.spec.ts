import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunRecording } from '@reflex/core';
import { writeSpec } from './spec-files';

const META = { trace_id: 't', correlation_id: 'c', causation_id: null, depth: 0 };
const AT = '2026-11-20T14:00:00.000Z';

const recording: RunRecording = {
  version: 1,
  run: { id: '17', trigger: 'greet', scope: null, attempt: 1, started_at: AT },
  trigger_class: 'Greet',
  agent_classes: ['Greeter'],
  event_classes: ['DoorOpened'],
  event: { id: 'e', type: 'door.opened', source: 's', timestamp: AT, received_at: AT, meta: META, payload: {} },
  context: null,
  talks: [],
  calls: [],
  steps: [],
  result: 'Hello',
  published: null,
  redacted: { email: 2, phone: 0, secret: 0 },
};

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'reflex-spec-'));
  mkdirSync(join(root, 'src', 'node_modules'), { recursive: true });
  source('src/greet.trigger.ts', 'export class Greet {}\nexport class GreetAll {}\nexport class DoorOpened {}');
  source('src/greeter.agent.ts', "@Agent({ name: 'greeter' })\nexport class Greeter extends LangChainAgent {}");
  source('src/node_modules/copy.ts', 'export class Greet {}');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function source(path: string, text: string): void {
  writeFileSync(join(root, path), text);
}

const spec = (path = 'test/greet.spec.ts') => readFileSync(join(root, path), 'utf8');

it('writes a spec that imports the classes from where they are, and the recording beside it', async () => {
  const written = await writeSpec(recording, 'test/greet.spec.ts', root);

  expect(written).toEqual({
    spec: 'test/greet.spec.ts',
    fixture: 'test/greet.recording.json',
    notes: [
      'Replaced: 2 × email. Look through the fixture before you commit it.',
      'What it published is not compared: handlers ran for the event more than once, so nobody knows whose it is.',
    ],
  });
  expect(spec()).toContain(
    "import { DoorOpened, Greet } from '../src/greet.trigger';\nimport { Greeter } from '../src/greeter.agent';",
  );
  expect(spec()).toContain("import recording from './greet.recording.json';");
  expect(spec()).toContain('replayRun(recording, { trigger: Greet, events: [DoorOpened], providers: [Greeter] })');
  expect(spec()).not.toContain('replayed.published');
  expect(JSON.parse(spec('test/greet.recording.json'))).toEqual(recording);
});

it('compares what was published, where that is known', async () => {
  await writeSpec({ ...recording, published: [] }, 'src/greet.spec.ts', root);

  expect(spec('src/greet.spec.ts')).toContain('expect(replayed.published).toEqual(recording.published);');
  expect(spec('src/greet.spec.ts')).toContain("from './greet.trigger'");
});

it('overwrites nothing', async () => {
  await writeSpec(recording, 'test/greet.spec.ts', root);
  writeFileSync(join(root, 'test/greet.spec.ts'), 'mine');

  await expect(writeSpec(recording, 'test/greet.spec.ts', root)).rejects.toThrow(
    'test/greet.spec.ts is there already. Remove it, or choose another --output.',
  );
  expect(spec()).toBe('mine');
});

it('says what is wrong when a class is exported nowhere, or twice, or nothing can be written', async () => {
  const missing = writeSpec({ ...recording, trigger_class: 'Wave' }, 'test/a.spec.ts', root);
  await expect(missing).rejects.toThrow(/No file of this project says "export class Wave"/);

  source('src/other.ts', 'export class Greeter {}');
  const twice = writeSpec(recording, 'test/a.spec.ts', root);
  await expect(twice).rejects.toThrow('Greeter is exported by src/greeter.agent.ts and src/other.ts.');

  rmSync(join(root, 'src/other.ts'));
  const unwritable = writeSpec(recording, 'src/greeter.agent.ts/a.spec.ts', root);
  await expect(unwritable).rejects.toThrow(/cannot be written \(E\w+\). Choose another --output/);
});
