import { UnderWay } from './under-way';

it('tells everybody who waits once nothing is under way, also when more begins meanwhile', async () => {
  const work = new UnderWay();
  const told: string[] = [];
  work.begin();
  const waiting = ['a', 'b'].map((name) => work.idle().then(() => told.push(name)));

  work.end();
  work.begin();
  await Promise.resolve();
  expect([work.size, told]).toEqual([1, []]);
  work.end();
  await Promise.all(waiting);

  expect([work.size, told]).toEqual([0, ['a', 'b']]);
});

it('has nobody wait when nothing is under way', async () => {
  await expect(new UnderWay().idle()).resolves.toBeUndefined();
});
