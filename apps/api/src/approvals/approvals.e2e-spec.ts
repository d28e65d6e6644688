import { eventually } from '@reflex/test';
import { RefundTool } from '../testing/test-domain';
import { testBed, type TestService } from '../testing/test-service';

let bed: Awaited<ReturnType<typeof testBed>>;
let service: TestService;
let tool: RefundTool;

beforeAll(async () => {
  bed = await testBed();
  service = bed.service;
  tool = service.app.get(RefundTool);
});
beforeEach(() => void tool.calls.splice(0));
afterAll(() => bed.stop());

/** An event whose agent wants to refund; answers the ids of the event and of what it asks for. */
async function asking(order: string): Promise<{ event: string; approval: string }> {
  const { body } = await service.post('/events', { type: 'order.returned', source: 'shop', order_id: order });
  return eventually(async () => {
    const { items } = (await service.get('/approvals?status=pending&trigger=returns')).body;
    const asked = (items as { id: string; event_id: string }[]).find(({ event_id }) => event_id === body.id);
    expect(asked).toBeDefined();
    expect((await service.get(`/events/${body.id}`)).body.deliveries).toMatchObject([{ status: 'parked' }]);
    return { event: body.id as string, approval: asked!.id };
  });
}

async function completedRun(event: string): Promise<unknown> {
  return eventually(async () => {
    const [run] = (await service.get(`/runs?event_id=${event}&outcome=completed`)).body.items;
    expect(run).toBeDefined();
    return run as unknown;
  });
}

describe('a call that a person has to agree to', () => {
  it('waits without a worker; once approved, it is made, with a row in the audit', async () => {
    const { event, approval } = await asking('1');
    const shown = await service.get(`/approvals/${approval}`);
    expect(tool.calls).toEqual([]);

    const answer = await service.post(`/approvals/${approval}/approve`, { why: 'Seen.' });
    const run = await completedRun(event);
    const again = await service.post(`/approvals/${approval}/deny`, { why: 'Too late.' });

    expect(shown).toMatchObject({
      status: 200,
      body: { status: 'pending', agent: 'refunds', tool: 'refund', people: 1, input: { reason: expect.any(String) } },
    });
    expect(answer).toMatchObject({
      status: 200,
      body: { status: 'approved', decisions: [{ by: 'development', decision: 'approved', why: 'Seen.' }] },
    });
    expect(run).toMatchObject({ usage: { tool_calls: [{ tool: 'refund', output: 'refunded' }], answers_reused: 1 } });
    expect(tool.calls).toHaveLength(1);
    expect((await service.get(`/approvals/${approval}`)).body.status).toBe('used');
    expect(again).toMatchObject({ status: 409, body: { error: { code: 'approval_decided' } } });
    expect((await service.get(`/audit?target=${approval}`)).body.items).toMatchObject([
      { action: 'approval.deny', outcome: 'failed' },
      { action: 'approval.approve', reason: 'Seen.', outcome: 'done', details: { tool: 'refund', event_id: event } },
    ]);
  });

  it('is not made when a person refuses, and the agent is told why', async () => {
    const { event, approval } = await asking('2');

    await service.post(`/approvals/${approval}/deny`, { why: 'It was never paid.' });
    const run = await completedRun(event);

    expect(tool.calls).toEqual([]);
    const error = 'A person refused it: It was never paid. Do not try it again.';
    expect(run).toMatchObject({ usage: { tool_calls: [{ tool: 'refund', error }] } });
  });

  it('keeps its approval over the retry of a dead letter, and its key', async () => {
    tool.failOnce = true;
    const { event, approval } = await asking('3');
    await service.post(`/approvals/${approval}/approve`, {});
    await eventually(async () => expect((await service.get(`/events/dlq/${event}`)).status).toBe(200));

    await service.post(`/events/dlq/${event}/retry`, {});
    await completedRun(event);

    expect(tool.calls).toHaveLength(2);
    expect(tool.calls[1]).toBe(tool.calls[0]);
    expect(
      (await service.get('/approvals')).body.items.filter((one: { event_id: string }) => one.event_id === event),
    ).toHaveLength(1);
  });

  it.each([{}, { why: '' }, { why: 'x', status: 'approved' }])('is not denied by %j', async (body) => {
    const { approval } = await asking('5');

    expect((await service.post(`/approvals/${approval}/deny`, body)).status).toBe(422);
    expect((await service.get(`/approvals/${approval}`)).body.status).toBe('pending');
  });
});

it('knows no others', async () => {
  expect((await service.get('/approvals/none')).status).toBe(404);
  expect((await service.post('/approvals/999999/approve', {})).status).toBe(404);
  expect((await service.get('/approvals?status=maybe')).status).toBe(422);
});
