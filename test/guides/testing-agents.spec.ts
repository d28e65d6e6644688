import { fakeTool, runAgent, scriptedModel } from '@reflex/agents/testing';
import { evaluate, fireTrigger } from '@reflex/testing';
import golden from './refunds.golden';
import { RefundAgent, RefundTrigger, RefundWanted } from './refunds.module';

describe('the guide to testing agents', () => {
  it('looks at the order before it says an amount', async () => {
    const { output, calls, prompts } = await runAgent(RefundAgent, 'The lamp is broken', {
      model: [
        { calls: [{ tool: 'find_order', input: { order: 'o-7' } }] },
        { expects: '19', output: { amount: 19, reason: 'It was broken.' } },
      ],
      tools: [fakeTool('find_order', { item: 'lamp', amount: 19 })],
    });

    expect(output.amount).toBe(19);
    expect(calls).toMatchObject([{ tool: 'find_order', input: { order: 'o-7' } }]);
    expect(prompts[0]!.prompt).toContain('at most what it cost');
  });

  it('has a trigger that is fired with a scripted model', async () => {
    const model = scriptedModel([{ output: { amount: 19, reason: 'It was broken.' } }]);
    const event = RefundWanted.of({ order: 'o-7', why: 'The lamp is broken' });

    const { result, published } = await fireTrigger(RefundTrigger, { event, model });

    expect(result).toMatchObject({ amount: 19 });
    expect(published).toEqual([{ type: 'refund.granted', order: 'o-7', amount: 19 }]);
  });

  it('has a golden set that the offline model passes', async () => {
    const { score } = await evaluate(golden, { defaultModel: 'offline:rules' });

    expect(score).toBeGreaterThanOrEqual(golden.threshold.offline);
  });
});
