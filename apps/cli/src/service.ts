import { ReflexError, type ErrorEnvelope } from '@reflex/core';
import { Option } from 'nest-commander';
import { Misuse } from './complaint';
import { loadServiceSettings } from './config';
import { ReflexCommand, type CommonOptions } from './reflex.command';
import { lastWord } from './watched-answer';

export interface ServiceOptions extends CommonOptions {
  url?: string;
  key?: string;
}

const ANSWER_WITHIN_MS = 30_000;

/** The service said no; its sentence is ours. */
class Refused extends ReflexError {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** A command that asks the running service, since only that knows the app's classes. */
export abstract class ServiceCommand extends ReflexCommand {
  /** The service's answer as JSON; throws its sentence when it refuses. */
  protected async ask(
    { url, key }: ServiceOptions,
    method: string,
    path: string,
    body?: Record<string, unknown>,
  ): Promise<unknown> {
    const { base, headers } = this.access({ url, key });
    const response = await send(base, path, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    const answer = parsed(await response.text());
    if (response.ok && answer !== undefined) return answer;
    throw refusal(response.status, answer, base);
  }

  /** The same for work that takes a while: shows how far it is, and ends it on Ctrl-C. */
  protected async watch(
    { url, key }: ServiceOptions,
    path: string,
    body: Record<string, unknown>,
    what: string,
  ): Promise<unknown> {
    const { base, headers } = this.access({ url, key });
    const response = await send(base, path, {
      method: 'POST',
      headers: { ...headers, accept: 'application/x-ndjson', 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw refusal(response.status, parsed(await response.text()), base);
    const word = await lastWord(response, what);
    if (word && 'result' in word) return word.result;
    if (word) throw new Refused(word.error.code, word.error.message);
    throw new Refused('service_gone', `The service at ${shown(base)} went away before it had ended. Ask again.`);
  }

  private access({ url, key }: ServiceOptions): { base: string; headers: Record<string, string> } {
    const settings = loadServiceSettings();
    const apiKey = key ?? settings.apiKey;
    return {
      base: url ?? settings.serviceUrl,
      headers: apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` },
    };
  }

  @Option({ flags: '--url <url>', description: 'Of the service; default REFLEX_URL or http://127.0.0.1:8000' })
  parseUrl(text: string): string {
    if (/^https?:$/.test(URL.parse(text)?.protocol ?? '')) return text;
    throw new Misuse('--url must start with http:// or https://.');
  }

  @Option({ flags: '--key <key>', description: 'API key; better in REFLEX_API_KEY, where `ps` does not show it' })
  parseKey(text: string): string {
    if (/^[\x21-\x7e]+$/.test(text)) return text;
    throw new Misuse('--key must be an API key, as "reflex keys create" prints it.');
  }
}

/** Nobody answers there. */
export class ServiceUnreachable extends Refused {}

async function send(base: string, path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(`${base.replace(/\/+$/, '')}${path}`, init);
  } catch (error) {
    const { code } = ((error as Error).cause ?? {}) as { code?: string };
    throw new ServiceUnreachable(
      'service_unreachable',
      `The service at ${shown(base)} does not answer (${code ?? (error as Error).name}). Start it with "npm run dev", or say --url.`,
    );
  }
}

function refusal(status: number, answer: unknown, base: string): Refused {
  const { error } = (answer ?? {}) as Partial<ErrorEnvelope>;
  if (error === undefined) {
    return new Refused('no_service', `What answers at ${shown(base)} is no Reflex service (${status}). Correct --url.`);
  }
  const advice = status === 401 ? ' Set REFLEX_API_KEY, or make a key with "reflex keys create".' : '';
  return new Refused(error.code, `${error.message}${advice}`);
}

/** Without user and password. */
function shown(base: string): string {
  return URL.parse(base)?.origin ?? 'the given --url';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
