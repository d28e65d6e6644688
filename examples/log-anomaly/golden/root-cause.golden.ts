import { fakeTool } from '@reflex/agents/testing';
import { goldenSet } from '@reflex/testing';
import { ExplainAnomalyTrigger } from '../explain-anomaly.trigger';
import { LogAnomaly } from '../log.events';

const anomaly = (service: string, ...samples: string[]) =>
  LogAnomaly.of({ service, pattern: samples[0]!.replace(/\d+/g, '#'), count: 12, samples });

const log =
  (...lines: [service: string, message: string][]) =>
  () => [
    fakeTool(
      'log_lines',
      lines.map(([service, message]) => JSON.stringify({ service, level: 'error', message })).join('\n'),
    ),
  ];

const evidenceOf = (result: unknown): string[] => (result as { evidence: string[] }).evidence;

export default goldenSet({
  agent: 'root-cause',
  trigger: ExplainAnomalyTrigger,
  threshold: { offline: 0.8, model: 0.85 },
  cases: [
    {
      name: 'looks at the log, once',
      event: anomaly('checkout', 'Connection to payments refused'),
      tools: log(['checkout', 'Connection to payments refused']),
      expect: { calls: ['log_lines'], rules: { 'once is enough': ({ calls }) => calls.length === 1 } },
    },
    {
      name: 'says whose failure it explains',
      event: anomaly('checkout', 'Connection to payments refused'),
      tools: log(['checkout', 'Connection to payments refused']),
      expect: { published: [{ type: 'log.root_cause', service: 'checkout', cause: /\S/ }] },
    },
    {
      name: 'finds the cause in the lines that it was given',
      event: anomaly('orders', 'Error: disk full on db-7'),
      tools: log(['orders', 'Error: disk full on db-7']),
      expect: { rules: { 'the disk is named': ({ result }) => /disk/i.test(JSON.stringify(result)) } },
    },
    {
      name: 'quotes lines, and at most five',
      event: anomaly('orders', 'Timeout after 30 s', 'Timeout after 31 s', 'Error: pool is empty'),
      tools: log(['orders', 'Error: pool is empty']),
      expect: {
        rules: {
          'there is evidence': ({ result }) => evidenceOf(result).length > 0,
          'not more than five lines': ({ result }) => evidenceOf(result).length <= 5,
          'a line is quoted': ({ result }) => evidenceOf(result).some((line) => /pool|timeout/i.test(line)),
        },
      },
    },
    {
      name: 'finds the cause in another service, which failed first',
      event: anomaly('checkout', 'Connection to payments refused'),
      tools: log(['payments', 'Certificate has expired'], ['checkout', 'Connection to payments refused']),
      expect: { result: { cause: /certificate/i } },
    },
    {
      name: 'works without any line of the log',
      event: anomaly('search', 'Error: index is corrupt'),
      tools: () => [fakeTool('log_lines', '')],
      expect: { calls: ['log_lines'], published: [{ type: 'log.root_cause', service: 'search' }] },
    },
  ],
});
