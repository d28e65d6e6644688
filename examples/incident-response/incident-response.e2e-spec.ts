import { type ExampleBed, startExampleBed } from '../../test/examples/example-bed';

let bed: ExampleBed;

beforeEach(async () => {
  bed = await startExampleBed('incident-response');
});
afterEach(() => bed?.stop());

const alert = (fingerprint: string, service: string, severity = 'medium') => ({
  type: 'alert.fired',
  fingerprint,
  service,
  severity,
  message: `${fingerprint} of ${service}`,
});

it('opens an incident at the third different alert of a service, and has it looked at', async () => {
  const ids = await bed.send(
    alert('cpu', 'search'),
    alert('cpu', 'search'),
    alert('disk', 'search'),
    alert('queue', 'checkout'),
    alert('latency', 'search', 'high'),
  );

  const [opened] = await bed.events('incident.opened', 1);
  const [triaged] = await bed.events('incident.triaged', 1);

  expect(opened).toMatchObject({
    service: 'search',
    severity: 'high',
    messages: ['cpu of search', 'disk of search', 'latency of search'],
    meta: { causation_id: ids[4] },
  });
  expect(triaged).toMatchObject({ incident_id: opened.incident_id, meta: { causation_id: opened.id } });
  const [again] = await bed.runs('open-incident', 'filtered', 1);
  expect(again.event_id).toBe(ids[1]);
  const [run] = await bed.runs('triage', 'completed', 1);
  expect(run.usage.tool_calls.map(({ tool }: { tool: string }) => tool)).toEqual(['read_runbook', 'page_on_call']);
  expect(run.usage.tool_calls[0].output).toContain('Restart the indexer');
});

it('opens one at once for a critical alert, adds the next alerts to it, resolves it in quiet, then opens another', async () => {
  await bed.send(alert('pay', 'checkout', 'critical'));
  const [opened] = await bed.events('incident.opened', 1);
  await bed.send(alert('pay-2', 'checkout', 'critical'));

  const [updated] = await bed.events('incident.updated', 1);
  const [resolved] = await bed.events('incident.resolved', 1);
  expect(updated).toMatchObject({ incident_id: opened.incident_id, alerts: 1 });
  expect(resolved).toMatchObject({ incident_id: opened.incident_id, service: 'checkout' });
  expect(Date.parse(resolved.timestamp) - Date.parse(updated.timestamp)).toBeGreaterThan(4_500);

  await bed.runs('open-incident', 'completed', 3);
  await bed.send(alert('pay-3', 'checkout', 'critical'));
  const incidents = await bed.events('incident.opened', 2);
  expect(incidents[1].incident_id).not.toBe(opened.incident_id);
});
