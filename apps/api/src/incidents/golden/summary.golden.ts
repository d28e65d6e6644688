import { goldenSet } from '@reflex/testing';
import { MonitorAlert, MonitorError } from '../incident.events';
import { PeriodicSummaryTrigger } from '../periodic-summary.trigger';

const at = (minute: number) => new Date(`2026-11-20T10:${String(minute).padStart(2, '0')}:00.000Z`);
const error = (minute: number, service: string, message: string) =>
  MonitorError.of({ source: `host:${service}`, timestamp: at(minute), service, message });
const alert = (minute: number, service: string, message: string) =>
  MonitorAlert.of({ source: `host:${service}`, timestamp: at(minute), service, severity: 'low', message });

const listOf = (result: unknown, field: 'highlights' | 'concerns') => (result as Record<typeof field, string[]>)[field];

export default goldenSet({
  agent: 'summary',
  trigger: PeriodicSummaryTrigger,
  threshold: { offline: 0.95, model: 0.9 },
  cases: [
    {
      name: 'names the period from the first to the last event',
      earlier: [error(4, 'checkout', 'Payment failed'), alert(9, 'search', 'Slow queries')],
      event: error(31, 'checkout', 'Payment failed'),
      expect: { result: { period: /2026-11-20T10:04[^]*2026-11-20T10:31/ } },
    },
    {
      name: 'counts the events',
      earlier: [error(4, 'checkout', 'Payment failed'), alert(9, 'search', 'Slow queries')],
      event: error(31, 'checkout', 'Payment failed'),
      expect: { result: { event_count: 3 } },
    },
    {
      name: 'flags what needs attention',
      event: error(5, 'billing', 'Error: disk full on db-7'),
      expect: {
        rules: { 'the disk is a concern': ({ result }) => listOf(result, 'concerns').some((one) => /disk/i.test(one)) },
      },
    },
    {
      name: 'has something to tell, and is short',
      event: alert(5, 'search', 'The nightly index is done'),
      expect: {
        rules: {
          'there is something': ({ result }) => listOf(result, 'highlights').length > 0,
          'it is short': ({ result }) => JSON.stringify(result).length < 2_000,
        },
      },
    },
    {
      name: 'publishes nothing and calls nobody',
      event: error(5, 'billing', 'Error: disk full on db-7'),
      expect: { notPublished: ['incident.raised'], result: { event_count: 1 } },
    },
    {
      name: 'raises no concern when nothing is wrong',
      event: alert(5, 'search', 'The nightly index is done, as always'),
      expect: { rules: { 'no concern': ({ result }) => listOf(result, 'concerns').length === 0 } },
    },
  ],
});
