import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';

export interface Answer {
  status: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- answers of any shape are looked into
  body: any;
}

/** The service as somebody outside sees it: JSON over HTTP, on connections that are kept open. */
export class ApiClient {
  private readonly agent = new Agent({ keepAlive: true });

  constructor(readonly url: string) {}

  post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send('POST', path, JSON.stringify(body), { 'content-type': 'application/json', ...headers });
  }

  get(path: string): Promise<Answer> {
    return this.send('GET', path);
  }

  async send(method: string, path: string, body?: string, headers?: Record<string, string>): Promise<Answer> {
    const outgoing = request(`${this.url}${path}`, { method, headers, agent: this.agent }).end(body);
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    const content = await text(incoming);
    return { status: incoming.statusCode!, body: content === '' ? null : (JSON.parse(content) as unknown) };
  }

  /** All items of a list, page by page. */
  async all<Item>(path: string, key = 'items'): Promise<Item[]> {
    const items: Item[] = [];
    let cursor: string | null = null;
    do {
      const page = new URL(path, this.url);
      page.searchParams.set('limit', '1000');
      if (cursor !== null) page.searchParams.set('cursor', cursor);
      const { status, body } = await this.get(`${page.pathname}${page.search}`);
      if (status !== 200) throw new Error(`GET ${path} answered ${status}: ${JSON.stringify(body)}`);
      items.push(...(body[key] as Item[]));
      cursor = body.next_cursor as string | null;
    } while (cursor !== null);
    return items;
  }

  /** Hangs up; what is under way fails. */
  close(): void {
    this.agent.destroy();
  }
}

/** Works on the items, so many at once. */
export async function inParallel<Item>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const rest = items.values();
  const workOff = async () => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, workOff));
}

/** The items in groups of so many. */
export function inGroups<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, nr) => items.slice(nr * size, (nr + 1) * size));
}
