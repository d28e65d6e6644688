import { NotFound } from '@reflex/core';
import { Audit } from './audit.service';
import { authDatabase } from './testing/auth-bed';

let bed: Awaited<ReturnType<typeof authDatabase>>;
let audit: Audit;

beforeAll(async () => {
  bed = await authDatabase();
  audit = new Audit(bed.dataSource);
});
afterAll(() => bed.stop());

const retry = (target: string, reason: string | null = null) => ({
  actor: 'key:ops/1',
  action: 'dead_letter.retry',
  target,
  reason,
});

it('keeps who did what, to what, why, and what came of it', async () => {
  const retried = await audit.perform(
    retry('7', ' the bug is fixed '),
    () => Promise.resolve(3),
    (count) => ({ count }),
  );

  expect(retried).toBe(3);
  expect((await audit.list({ target: '7' })).items).toEqual([
    {
      ...retry('7', 'the bug is fixed'),
      id: expect.any(String) as string,
      at: expect.any(Date) as Date,
      outcome: 'done',
      details: { count: 3 },
    },
  ]);
});

it('keeps what failed too', async () => {
  const failing = audit.perform(retry('8'), () => Promise.reject(new NotFound('There is none.')));

  await expect(failing).rejects.toThrow(NotFound);
  expect((await audit.list({ target: '8' })).items).toMatchObject([
    { outcome: 'failed', details: { error: 'not_found' } },
  ]);
});

it('has the row before anything is done', async () => {
  const seen = await audit.perform(retry('9'), async () => (await audit.list({ target: '9' })).items);

  expect(seen).toMatchObject([{ outcome: 'started' }]);
});

it('does nothing when no row can be written', async () => {
  const act = jest.fn(() => Promise.resolve());
  const offline = new Audit({ query: () => Promise.reject(new Error('down')) } as never);

  await expect(offline.perform(retry('10'), act)).rejects.toThrow('down');
  expect(act).not.toHaveBeenCalled();
});

it.each(['x'.repeat(501), 'two\nlines', '\u0000', '\ud800'])('does nothing for the reason %j', async (reason) => {
  const act = jest.fn(() => Promise.resolve());

  await expect(audit.perform(retry('11', reason), act)).rejects.toMatchObject({ code: 'invalid_reason' });
  expect(act).not.toHaveBeenCalled();
});

it('lists by actor, action and target, newest first, page by page', async () => {
  for (const target of ['a', 'b', 'c', 'd', 'e']) {
    await audit.perform({ ...retry(target), actor: 'cli:me' }, () => Promise.resolve());
  }

  const first = await audit.list({ actor: 'cli:me', limit: 3 });
  const second = await audit.list({ actor: 'cli:me', limit: 3, cursor: first.nextCursor! });

  expect(first.items.map(({ target }) => target)).toEqual(['e', 'd', 'c']);
  expect(second.items.map(({ target }) => target)).toEqual(['b', 'a']);
  expect(second.nextCursor).toBeNull();
  expect((await audit.list({ actor: 'nobody' })).items).toEqual([]);
  await expect(audit.list({ cursor: "1' or true --" })).rejects.toMatchObject({ code: 'invalid_cursor' });
});
