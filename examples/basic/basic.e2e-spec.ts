import { type ExampleBed, startExampleBed } from '../../test/examples/example-bed';

let bed: ExampleBed;

beforeAll(async () => {
  bed = await startExampleBed('basic');
});
afterAll(() => bed?.stop());

it('sorts feedback by mood, and says what it followed from', async () => {
  const [id] = await bed.send({ type: 'feedback.received', customer: 'ann', text: 'I am unhappy: three legs only.' });

  const [sorted] = await bed.events('feedback.sorted', 1);

  expect(sorted).toMatchObject({ customer: 'ann', mood: 'unhappy', meta: { causation_id: id, depth: 1 } });
  const [run] = await bed.runs('sort-feedback', 'completed', 1);
  expect(run).toMatchObject({ event_id: id, result: { mood: 'unhappy' }, usage: { model: 'offline:rules' } });
});
