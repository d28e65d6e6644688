import { ChatClient, type ChatMessage } from '../e2e/driver/chat-client';
import type { Ledger } from './ledger';

const CLIENTS = ['ann', 'ben', 'cem', 'dee', 'eli', 'fay'];
const SAYINGS = [
  'How is checkout doing today?',
  'My payment failed, what is going on?',
  'Is search slow for you too?',
  'I see an error 500 on the login page.',
  'What happened in the last hour?',
  'Thanks, that helps.',
];

/** Some people who chat with the service over WebSockets. */
export class Chatter {
  static readonly messages = CLIENTS.length * 40;
  private readonly said = new Map<ChatClient, ChatMessage[]>();

  static async connect(url: string): Promise<Chatter> {
    const chatter = new Chatter();
    for (const name of CLIENTS) chatter.said.set(await ChatClient.connect(url, name), []);
    return chatter;
  }

  /** Everybody talks at once, each one message after the other. */
  async talk(ledger: Ledger, sent: (count: number) => void): Promise<void> {
    await Promise.all(
      [...this.said].map(async ([client, messages]) => {
        for (let nr = 0; nr < Chatter.messages / CLIENTS.length; nr += 1) {
          const content = SAYINGS[nr % SAYINGS.length]!;
          const sentAt = performance.now();
          const message = await client.say(content);
          messages.push(message);
          const event = { type: 'ws.message', source: `ws:${client.clientId}`, content };
          ledger.acknowledged.push({ id: message.eventId, event, channel: 'WebSocket', sentAt });
          sent(1);
        }
      }),
    );
  }

  get allAnswered(): boolean {
    return [...this.said].every(([client, messages]) => client.hasAnswersTo(messages));
  }

  /** Who asked what, and what the trigger answered. */
  conversations(trigger: string): { client: string; asked: string; answered: unknown }[] {
    return [...this.said].flatMap(([client, messages]) =>
      messages.flatMap(({ content, eventId }) =>
        client.answers
          .filter((answer) => answer.event_id === eventId && answer.trigger === trigger)
          .map((answer) => ({
            client: client.clientId,
            asked: content,
            answered: answer.type === 'reply' ? answer.content : answer.error.message,
          })),
      ),
    );
  }

  get answers(): number {
    return [...this.said.keys()].reduce((sum, { answers }) => sum + answers.length, 0);
  }

  async close(): Promise<void> {
    await Promise.all([...this.said.keys()].map((client) => client.close()));
  }
}
