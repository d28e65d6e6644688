import { Agenda } from './agenda';

it('does what is due in order of time, at its time, also what is added on the way', () => {
  const agenda = new Agenda(100);
  const done: [string, number][] = [];
  const note = (name: string) => () => void done.push([name, agenda.nowMs()]);
  agenda.add(300, note('late'));
  agenda.add(150, () => {
    note('first')();
    agenda.add(160, note('added'));
  });
  agenda.add(150, note('second'));

  agenda.advance(200);

  expect(done).toEqual([
    ['first', 150],
    ['second', 150],
    ['added', 160],
  ]);
  expect([agenda.nowMs(), agenda.nextAt]).toEqual([200, 300]);
});

it('does what was due before now at once, and never goes back', () => {
  const agenda = new Agenda(100);
  let at = 0;
  agenda.add(50, () => (at = agenda.nowMs()));

  agenda.advance(80);

  expect([at, agenda.nowMs(), agenda.nextAt]).toEqual([100, 100, null]);
});
