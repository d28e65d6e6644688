import { createParser, type EventSourceMessage } from 'eventsource-parser';

/** A client of server-sent events that keeps all it hears. */
export interface EventSourceClient {
  status: number;
  events: (Omit<EventSourceMessage, 'data'> & { data: Record<string, unknown> })[];
  /** The answer has come to its end. */
  ended: Promise<void>;
  close(): void;
}

export async function openEventSource(url: string, headers: Record<string, string> = {}): Promise<EventSourceClient> {
  const stop = new AbortController();
  const { status, body } = await fetch(url, { headers, signal: stop.signal });
  const events: EventSourceClient['events'] = [];
  const parser = createParser({
    onEvent: (event) => events.push({ ...event, data: JSON.parse(event.data) as Record<string, unknown> }),
  });
  const read = async (): Promise<void> => {
    const text = new TextDecoder();
    for await (const bytes of body ?? []) parser.feed(text.decode(bytes as Uint8Array, { stream: true }));
  };
  // Closed by the client or cut off by the server: over in any case.
  return { status, events, ended: read().catch(() => undefined), close: () => stop.abort() };
}
