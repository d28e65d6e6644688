import { LLMock, type ChatCompletionRequest, type FixtureResponse } from '@copilotkit/aimock';

type Reply = FixtureResponse | ((request: ChatCompletionRequest) => FixtureResponse | Promise<FixtureResponse>);

export interface ModelServer {
  /** For `OPENAI_BASE_URL`. */
  url: string;
  /** For `ANTHROPIC_BASE_URL`: the same replies in Anthropic's format. */
  anthropicUrl: string;
  /** What it answers next, in order; after the last it answers 500. */
  replies: Reply[];
  /** Bodies of the requests so far, those to Anthropic's API in the form of OpenAI's. */
  requests(): ChatCompletionRequest[];
  /** Paths and headers of the requests so far. */
  heads(): { path: string; headers: Record<string, string> }[];
  stop(): Promise<void>;
}

/** A server that speaks the APIs of OpenAI and Anthropic on a free port and says what the test tells it to. */
export async function startModelServer(...replies: Reply[]): Promise<ModelServer> {
  const server = new LLMock({ port: 0, journalMaxEntries: 0 });
  let answered = 0;
  server.on({ predicate: () => true }, async (request) => {
    const next = scripted.replies.shift();
    if (!next) return { error: { message: 'The test has no more replies.' }, status: 500 };
    answered += 1;
    // Clients merge completions of one id into one, so each gets its own.
    return { id: `completion-${answered}`, ...(await (typeof next === 'function' ? next(request) : next)) };
  });
  await server.start();
  let running = true;
  const scripted: ModelServer = {
    url: `${server.url}/v1`,
    anthropicUrl: server.url,
    replies,
    requests: () => server.getRequests().map(({ body }) => body as ChatCompletionRequest),
    heads: () => server.getRequests().map(({ path, headers }) => ({ path, headers })),
    stop: async () => {
      if (!running) return;
      running = false;
      await server.stop();
    },
  };
  return scripted;
}

/** A completion that calls tools, all in one step. */
export function calling(...calls: [name: string, args: unknown][]): FixtureResponse & { toolCalls: { id?: string }[] } {
  return {
    toolCalls: calls.map(([name, args]) => ({
      name,
      arguments: typeof args === 'string' ? args : JSON.stringify(args),
    })),
  };
}
