import { expectMisuse, startReflex, UNREACHABLE } from './cli-under-test';

jest.setTimeout(60_000);

it('wants to know what an export is to become', async () => {
  await expectMisuse(['runs', 'export', '1', '--output', 'a.spec.ts'], /--output goes with --as-test/);
  await expectMisuse(['runs', 'export', '1', '--as-test', '--output', 'a.ts'], /--output must end in \.spec\.ts/);
  await expectMisuse(['runs', 'export', '--as-test'], /missing required argument 'id'/);
  await expectMisuse(['runs', 'list', '--limit', 'all'], /--limit must be a whole number/);
});

it('says so when no service answers', async () => {
  const child = startReflex(UNREACHABLE, ['runs', 'show', '1']);

  expect((await child.ended).code).toBe(1);
  expect(child.output).toMatch(/The service at http:\/\/127\.0\.0\.1:1 does not answer/);
});
