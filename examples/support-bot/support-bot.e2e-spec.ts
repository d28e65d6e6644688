import { openSocket } from '../../apps/api/src/testing/socket-client';
import { type ExampleBed, startExampleBed } from '../../test/examples/example-bed';

let bed: ExampleBed;

beforeEach(async () => {
  bed = await startExampleBed('support-bot');
});
afterEach(() => bed?.stop());

const message = (customer: string, content: string) => ({
  type: 'chat.message',
  source: `chat:${customer}`,
  customer,
  content,
});

it('answers over the WebSocket from the help articles, and calls a person when asked to', async () => {
  const socket = await openSocket(bed.url, '/ws/ann');

  socket.send({ content: 'Where is my parcel?' });
  const answer = await socket.frame({ type: 'reply', trigger: 'support-bot' });
  expect(answer['content']).toContain('A parcel takes two to four days');

  socket.send({ content: 'I want to talk to a person!' });
  const called = await socket.frame({ type: 'reply', trigger: 'escalate-on-request' });
  expect(called['content']).toContain('colleague');

  const responses = await bed.events('chat.bot_response', 2);
  expect(responses[0]).toMatchObject({
    customer: 'ann',
    answer: answer['content'],
    meta: { causation_id: answer['event_id'] },
  });
  const [escalation] = await bed.events('support.escalation', 1);
  expect(escalation).toMatchObject({
    customer: 'ann',
    reason: 'asked_for_a_person',
    messages: ['I want to talk to a person!'],
    meta: { causation_id: called['event_id'] },
  });
  await socket.close();
});

it('remembers each conversation by itself', async () => {
  await bed.send(message('ann', 'How do returns work?'), message('bob', 'Where is my invoice?'));
  await bed.send(message('ann', 'And for parcels?'));

  const runs = await bed.runs('support-bot', 'completed', 3);

  const tokens = runs.map(({ scope, usage }) => [scope, usage.input_tokens as number] as const);
  const [first, second] = tokens.filter(([scope]) => scope === 'chat:ann').map(([, count]) => count);
  const [alone] = tokens.filter(([scope]) => scope === 'chat:bob').map(([, count]) => count);
  // What was said before is part of the second prompt only.
  expect(second! - first!).toBeGreaterThan(50);
  expect(Math.abs(first! - alone!)).toBeLessThan(50);
});

it('calls a person once for one who asks twice, and at the third frustrated message', async () => {
  await bed.send(message('ann', 'A real person, please'), message('ann', 'A real person!'));
  await bed.send(...['This is useless', 'Useless again', 'Still not working'].map((text) => message('bob', text)));

  const escalations = await bed.events('support.escalation', 2);

  expect(Object.fromEntries(escalations.map(({ customer, reason }) => [customer, reason]))).toEqual({
    ann: 'asked_for_a_person',
    bob: 'frustrated',
  });
  const filtered = await bed.runs('escalate-on-request', 'filtered', 4);
  expect(filtered.filter(({ reason }) => reason.startsWith('dedupe'))).toMatchObject([{ scope: 'chat:ann' }]);
});
