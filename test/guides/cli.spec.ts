import { CliModule } from '../../apps/cli/src/cli.module';
import { commandsOf } from '../../docs/site/reference/command-pages';
import { guide } from './guide';

/** The commands in the first column of the table, each with the options that stand with it. */
function inTable(): { command: string; options: string[] }[] {
  const rows = guide('guides/cli.md').text.matchAll(/^\| (`.*?) +\| /gm);
  return [...rows]
    .flatMap(([, cell]) => [...cell!.matchAll(/`([^`]+)`/g)])
    .flatMap(([, shown]) => {
      const text = shown!.replaceAll('\\|', '|');
      const options = [...text.matchAll(/--[a-z-]+/g)].map(([option]) => option);
      const words = text.replace(/\s(?:[[<'{]|--).*$/, '').trim();
      const [group = '', ...rest] = words.split(/\s+/);
      const children = rest.filter((word) => word !== '|');
      return children.length === 0
        ? [{ command: group, options }]
        : children.map((child) => ({ command: `${group} ${child}`, options }));
    });
}

const LEAVES = commandsOf(CliModule).flatMap((command) => (command.children.length > 0 ? command.children : [command]));

it('the guide to the command line names every command, and no other', () => {
  const named = new Set(inTable().map(({ command }) => command));

  expect([...named].sort()).toEqual(LEAVES.map(({ name }) => name).sort());
});

it.each(inTable().filter(({ options }) => options.length > 0))(
  '$command has the options $options',
  ({ command, options }) => {
    const known = LEAVES.filter(({ name }) => name === command).flatMap((leaf) =>
      leaf.options.map(({ flags }) => flags),
    );

    for (const option of options) expect(known.join(' ')).toContain(option);
  },
);
