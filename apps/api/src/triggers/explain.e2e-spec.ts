import { eventually } from '@reflex/test';
import { testBed, type TestService } from '../testing/test-service';

let bed: Awaited<ReturnType<typeof testBed>>;
let service: TestService;

beforeAll(async () => {
  bed = await testBed();
  service = bed.service;
});
afterAll(() => bed.stop());

async function published(event: object): Promise<string> {
  const { body } = await service.post('/events', { source: 'shop', ...event });
  await eventually(async () => expect((await service.get(`/runs?event_id=${body.id}`)).body.items).not.toEqual([]));
  return body.id as string;
}

describe('GET /triggers/:name/explain', () => {
  it('tells the verdict, and what happened', async () => {
    const id = await published({ type: 'http', payload: { fail: true } });

    const { status, body } = await service.get(`/triggers/picky/explain?event=${id}`);

    expect(status).toBe(200);
    expect(body).toMatchObject({
      trigger: 'picky',
      event: { id, type: 'http', source: 'shop' },
      verdict: 'fires',
      type: { pass: true, patterns: ['http'], reason: null },
      paused: false,
      active: true,
      happened: { status: 'dead_letter', error: 'It is not to be.', runs: [{ outcome: 'dead_letter' }] },
    });
  });

  it('tells that the type does not match, as text for people too', async () => {
    const id = await published({ type: 'http', payload: {} });

    const { text, headers } = await service.get(`/triggers/billing/explain?event=${id}&format=text`);

    expect(headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(text).toContain('wrong type: the type http does not match order.placed\n');
  });

  it.each([
    ['/triggers/nobody/explain?event=ID', 404, 'unknown_trigger'],
    ['/triggers/picky/explain?event=nothing', 404, 'not_found'],
    ['/triggers/picky/explain', 422, 'invalid_request'],
    ['/triggers/picky/explain?event=a&event=b', 422, 'invalid_request'],
    ['/triggers/picky/explain?event=ID&format=xml', 422, 'invalid_request'],
  ])('answers %s with %i', async (path, status, code) => {
    const id = await published({ type: 'http', payload: {} });

    const answer = await service.get(path.replace('ID', id));

    expect([answer.status, answer.body.error.code]).toEqual([status, code]);
  });
});

describe('GET /events/:id/graph', () => {
  it('gives nodes and edges as JSON', async () => {
    const id = await published({ type: 'http', payload: { a: 1 } });

    const { status, body } = await service.get(`/events/${id}/graph`);

    expect(status).toBe(200);
    const delivery = `delivery:${id}/picky`;
    expect(body).toMatchObject({
      focus: `event:${id}`,
      nodes: [
        { id: `event:${id}`, kind: 'event', event_id: id, type: 'http', source: 'shop', depth: 0 },
        { id: delivery, kind: 'delivery', trigger: 'picky', status: 'completed', attempts: 1, error: null },
        { kind: 'run', attempt: 1, outcome: 'completed', duration_ms: expect.any(Number) as number },
      ],
      edges: [
        { from: `event:${id}`, to: delivery },
        { from: delivery, to: body.nodes[2].id as string },
      ],
      cut: null,
    });
  });

  it('draws it as Mermaid and as text, in which no name breaks out', async () => {
    const { body } = await service.post('/events', {
      type: 'http',
      source: 'x"]; click n0 "javascript:1"',
      payload: {},
    });

    const drawn = await service.get(`/events/${body.id}/graph?format=mermaid`);
    const text = await service.get(`/events/${body.id}/graph?format=text`);

    expect(drawn.headers.get('content-type')).toBe('text/vnd.mermaid; charset=utf-8');
    expect(drawn.text).toMatch(
      /^flowchart TD\n {2}n0\(\["http<br\/>from x#34;#93;#59; click n0 #34;javascript:1#34;"\]\)/,
    );
    expect(text.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(text.text).toMatch(/^event http · from x"\]; click/);
  });

  it('answers 404 for an event that is not there, and 422 for a format that is not', async () => {
    expect((await service.get('/events/nothing/graph')).status).toBe(404);
    expect((await service.get('/events/nothing/graph?format=svg')).status).toBe(422);
  });
});
