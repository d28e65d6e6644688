import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { eventually, freshDatabase, type TestDatabase } from '@reflex/test';
import { WebSocket } from 'ws';
import { readSettings } from '../../apps/api/src/config';
import { IncidentsModule } from '../../apps/api/src/incidents/incidents.module';
import { startService, type Service } from '../../apps/api/src/service';
import { FraudModule } from './fraud.module';

const ROOT = join(__dirname, '..', '..');
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');

describe('README', () => {
  let database: TestDatabase;
  let service: Service;

  beforeAll(async () => {
    database = await freshDatabase();
    const settings = readSettings({ DATABASE_URL: database.url, API_PORT: '0', LOG_LEVEL: 'silent' });
    service = await startService(settings, { domain: [{ module: IncidentsModule }, { module: FraudModule }] });
  });

  afterAll(async () => {
    await service?.stop();
    await database.drop();
  });

  it('shows the trigger that this test runs', () => {
    const [code] = blocks('ts');

    expect(code).toBe(readFileSync(join(__dirname, 'fraud.module.ts'), 'utf8'));
  });

  it('has curl commands that the service answers with 201', async () => {
    const bodies = [...README.matchAll(/-d '([^']+)'/g)].map(([, body]) => body!);

    const answers = await Promise.all(bodies.map(post));

    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(await answers[0]!.json()).toEqual({ id: expect.any(String), status: 'published' });
  });

  it('has a message that an agent answers over the WebSocket', async () => {
    const [, message] = /^> (\{.*\})$/m.exec(README)!;
    const socket = new WebSocket(`${service.url.replace('http', 'ws')}/ws`);
    const frames: { type?: string; content?: string }[] = [];
    socket.on('message', (text: Buffer) => frames.push(JSON.parse(text.toString()) as object));

    socket.on('open', () => socket.send(message!));

    await eventually(() => expect(frames.at(-1)).toMatchObject({ type: 'reply', trigger: 'immediate-reply' }));
    socket.terminate();
  });

  it('has an event that, sent three times, fires its trigger once', async () => {
    const [, event] = /`(\{"type":"payment\.declined".*?\})`/.exec(README)!;

    for (let i = 0; i < 3; i += 1) expect((await post(event!)).status).toBe(201);

    const runs = await eventually(async () => {
      const { items } = (await (await fetch(`${service.url}/runs?trigger=fraud`)).json()) as { items: Run[] };
      expect(items).toHaveLength(3);
      return items;
    });
    const fired = runs.filter(({ outcome }) => outcome === 'completed');
    expect(fired).toHaveLength(1);
    expect(fired[0]!.result).toEqual({ suspicious: expect.any(Boolean), reason: expect.any(String) });
  });

  it('and Makefile name npm scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object };
    const makefile = readFileSync(join(ROOT, 'Makefile'), 'utf8');
    const named = [...(README + makefile).matchAll(/npm run ([a-z:-]+)/g)].map(([, name]) => name!);

    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  async function post(body: string): Promise<Response> {
    return fetch(`${service.url}/events`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  }
});

describe('the guides', () => {
  it.each(['README.md', ...markdownIn('docs'), ...markdownIn('apps')])('%s links only to what exists', (guide) => {
    const text = readFileSync(join(ROOT, guide), 'utf8');
    const links = [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(([, target]) => target!);
    // The reference is made when the site is built, which fails on dead links itself.
    const local = links.filter((link) => !/^[a-z]+:|^(\.\.\/)*reference\//.test(link));

    expect(local.filter((link) => !existsSync(join(ROOT, dirname(guide), link)))).toEqual([]);
  });
});

interface Run {
  outcome: string;
  result: unknown;
}

function blocks(language: string): string[] {
  return [...README.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))].map(([, code]) => code!);
}

function markdownIn(folder: string): string[] {
  if (!existsSync(join(ROOT, folder))) return [];
  const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => name.endsWith('.md') && !name.startsWith('reference'))
    .map((name) => join(folder, name));
}
