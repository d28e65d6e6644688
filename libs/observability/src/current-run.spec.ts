import { setImmediate } from 'node:timers/promises';
import { type CurrentRun, currentRun, runWith } from '@reflex/observability';

function runOf(eventId: string): CurrentRun {
  return {
    trigger: 'escalate',
    scope: null,
    eventId,
    traceId: 't',
    correlationId: 'c',
    attempt: 1,
    signal: new AbortController().signal,
    usage: { input_tokens: 0, output_tokens: 0, tool_calls: [] },
  };
}

it('belongs to one call tree, also over awaits, and to no other', async () => {
  const seen = await Promise.all(
    ['a', 'b'].map((id) =>
      runWith(runOf(id), async () => {
        await setImmediate();
        return currentRun()?.eventId;
      }),
    ),
  );

  expect(seen).toEqual(['a', 'b']);
  expect(currentRun()).toBeUndefined();
});

it('lets what is called add to the usage that the caller stores', async () => {
  const run = runOf('a');

  await runWith(run, async () => {
    await setImmediate();
    currentRun()!.usage.input_tokens += 12;
  });

  expect(run.usage.input_tokens).toBe(12);
});
