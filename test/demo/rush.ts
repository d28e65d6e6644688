import { eventually } from '@reflex/test';
import { expectedDeliveries } from '../e2e/driver/expectations';
import { Chatter } from './chatter';
import type { DemoService } from './demo-service';
import { HTTP_EVENTS, PULSE_COUNT, sendEvents, sendPulses, sendWebhooks, WEBHOOKS } from './feed';
import { openDeliveries } from './findings';
import type { Ledger } from './ledger';
import type { Progress } from './progress';

/**
 * First the rush, everything at once; when all of it is done, the calm pulses. Ends when all deliveries are done and all
 * messages answered, or at `until`, in the milliseconds of `performance.now()`.
 */
export async function rushAndCalm(
  service: DemoService,
  ledger: Ledger,
  chatter: Chatter,
  progress: Progress,
  until: number,
): Promise<void> {
  const webhooks = progress.bar('GitHub webhooks', WEBHOOKS.length);
  const events = progress.bar('HTTP events', HTTP_EVENTS);
  const chat = progress.bar('WebSocket chat', Chatter.messages);
  const pulses = progress.bar('Calm pulses', PULSE_COUNT);
  const done = progress.bar('Deliveries done', 0);
  const { body: triggers } = await service.api.get('/triggers');
  const deliveries = () => expectedDeliveries(ledger.events, triggers.items as { types: string[] }[]);
  const count = () => {
    done.setTotal(deliveries());
    done.set(service.settled());
  };
  const allDone = async () => {
    if (service.settled() < deliveries() || (await openDeliveries(service.api)) > 0) throw new Error('Not yet.');
  };
  const allAnswered = () => {
    if (!chatter.allAnswered) throw new Error('Not yet.');
  };

  const counting = setInterval(count, 100);
  try {
    await Promise.all([
      sendWebhooks(service, ledger, (sent) => webhooks.add(sent)),
      sendEvents(service, ledger, (sent) => events.add(sent)),
      chatter.talk(ledger, (sent) => chat.add(sent)),
    ]);
    await orLate(until, allDone);
    await sendPulses(service, ledger, (sent) => pulses.add(sent));
    await orLate(until, allDone);
    await orLate(until, allAnswered);
  } finally {
    clearInterval(counting);
    count();
  }
}

/** Until it holds, or until it is too late: then the checks tell what is missing. */
async function orLate(until: number, condition: () => void | Promise<void>): Promise<void> {
  await eventually(condition, { timeoutMs: Math.max(0, until - performance.now()) }).catch(() => undefined);
}
