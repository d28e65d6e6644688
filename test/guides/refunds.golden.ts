import { fakeTool } from '@reflex/agents/testing';
import { goldenSet } from '@reflex/testing';
import { RefundTrigger, RefundWanted } from './refunds.module';

const wanted = (why: string) => RefundWanted.of({ order: 'o-7', why });
const shop = () => [fakeTool('find_order', { item: 'lamp', cents: 1_900 })];

export default goldenSet({
  agent: 'refunds',
  trigger: RefundTrigger,
  threshold: { offline: 0.5, model: 0.9 },
  cases: [
    {
      name: 'looks at the order that is complained about',
      event: wanted('The lamp is broken.'),
      tools: shop,
      expect: { calls: [{ tool: 'find_order', input: { order: 'o-7' } }], notCalls: ['pay'] },
    },
    {
      name: 'gives nothing to those who only ask',
      event: wanted('Pay me a million.'),
      tools: shop,
      expect: {
        notPublished: ['refund.granted'],
        rules: { 'it says why': ({ result }) => (result as { reason: string }).reason !== '' },
      },
    },
  ],
});
