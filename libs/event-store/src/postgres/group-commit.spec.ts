import { GroupCommit } from './group-commit';

class Outage extends Error {}

function groupCommit(commit: (items: number[]) => Promise<number[]>, limits = {}) {
  return new GroupCommit<number, number>(
    commit,
    { items: 3, characters: 100, queue: 10, ...limits },
    (error) => error instanceof Outage,
    () => new Error('overloaded'),
  );
}

const entry = (...items: number[]) => ({ items, size: items.length });

describe('GroupCommit', () => {
  it('commits what comes in during a commit together, in order, and answers each caller with its own results', async () => {
    const batches: number[][] = [];
    const group = groupCommit(async (items) => {
      batches.push(items);
      return items.map((item) => item * 10);
    });

    const answers = await Promise.all([
      group.add(entry(1)),
      group.add(entry(2)),
      group.add(entry(3)),
      group.add(entry(4)),
    ]);

    expect(answers).toEqual([[10], [20], [30], [40]]);
    expect(batches).toEqual([[1, 2, 3], [4]]);
  });

  it('never splits an entry, even one above the limit', async () => {
    const batches: number[][] = [];
    const group = groupCommit(async (items) => {
      batches.push(items);
      return items;
    });

    await Promise.all([group.add(entry(1, 2)), group.add(entry(3, 4, 5, 6)), group.add(entry(7))]);

    expect(batches).toEqual([[1, 2], [3, 4, 5, 6], [7]]);
  });

  it('bounds a commit by its characters', async () => {
    const batches: number[][] = [];
    const group = groupCommit(async (items) => {
      batches.push(items);
      return items;
    });

    await Promise.all([group.add({ items: [1], size: 60 }), group.add({ items: [2], size: 60 })]);

    expect(batches).toEqual([[1], [2]]);
  });

  it('keeps entries with the same key out of one commit', async () => {
    const batches: number[][] = [];
    const group = groupCommit(async (items) => {
      batches.push(items);
      return items;
    });

    await Promise.all([1, 2, 3].map((item) => group.add({ items: [item], size: 1, keys: item < 3 ? ['same'] : [] })));

    expect(batches).toEqual([[1, 3], [2]]);
  });

  it('lets only the entry at fault fail', async () => {
    const group = groupCommit(async (items) => {
      if (items.includes(2)) throw new Error('bad row');
      return items;
    });

    const outcomes = await Promise.allSettled([group.add(entry(1)), group.add(entry(2)), group.add(entry(3))]);

    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('does not try entries one by one when the database is away', async () => {
    let commits = 0;
    const group = groupCommit(async () => {
      commits += 1;
      throw new Outage();
    });

    const outcomes = await Promise.allSettled([group.add(entry(1)), group.add(entry(2))]);

    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(commits).toBe(1);
  });

  it('refuses more than the queue holds and goes on afterwards', async () => {
    const group = groupCommit(async (items) => items, { queue: 2 });

    const outcomes = await Promise.allSettled([1, 2, 3].map((item) => group.add(entry(item))));
    const later = await group.add(entry(4));

    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(later).toEqual([4]);
  });

  it('refuses what would wait too long behind many others, and goes on afterwards', async () => {
    const commits: (() => void)[] = [];
    const group = groupCommit((items) => new Promise((resolve) => commits.push(() => resolve(items))), {
      queue: 1_000,
      waitMs: 30,
    });
    const first = group.add(entry(0));
    await new Promise(setImmediate);
    const few = Array.from({ length: 11 }, (_, n) => group.add(entry(n)));
    await new Promise((resolve) => setTimeout(resolve, 40));
    const many = group.add(entry(11));
    const refused = group.add(entry(12));

    await expect(refused).rejects.toThrow('overloaded');
    for (; commits.length > 0; await new Promise(setImmediate)) commits.shift()!();
    expect(await Promise.all([first, ...few, many])).toHaveLength(13);
    const later = group.add(entry(1));
    await new Promise(setImmediate);
    commits.shift()!();
    expect(await later).toEqual([1]);
  });

  it('is idle once all is answered', async () => {
    let committed = 0;
    const group = groupCommit(async (items) => {
      committed += items.length;
      return items;
    });

    void group.add(entry(1));
    void group.add(entry(2));
    await group.idle();

    expect(committed).toBe(2);
  });
});
