import { existsSync } from 'node:fs';
import { startProcess } from '@reflex/test';

describe('npm run demo', () => {
  it('shows what became of real input, finds it right, and leaves nothing behind', async () => {
    const demo = startProcess('test/demo/main.ts', { nodeArgs: ['--disable-warning=DeprecationWarning'] });

    const folder = /in (\S+), removed/.exec(await demo.line(/removed at the end/))![1]!;
    const { code } = await demo.ended;

    expect(demo.output).not.toContain('✗');
    expect(demo.output).toMatch(/✓ All \d{4} acknowledged events are stored/);
    expect(demo.output).toContain('[offline');
    expect(demo.output).toContain('attempts_exhausted');
    expect(code).toBe(0);
    expect(existsSync(folder)).toBe(false);
  }, 90_000);

  it('stops when it is interrupted', async () => {
    const demo = startProcess('test/demo/main.ts');
    const folder = /in (\S+), removed/.exec(await demo.line(/removed at the end/))![1]!;
    await demo.line(/GitHub webhooks/);

    const { code } = await demo.kill('SIGINT');

    expect(code).toBe(130);
    expect(existsSync(folder)).toBe(false);
  }, 60_000);
});
