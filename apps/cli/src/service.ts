import { ReflexError, type ErrorEnvelope } from '@reflex/core';
import { Option } from 'nest-commander';
import { Misuse } from './complaint';
import { loadServiceSettings } from './config';
import { ReflexCommand, type CommonOptions } from './reflex.command';

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
    const settings = loadServiceSettings();
    const base = url ?? settings.serviceUrl;
    const apiKey = key ?? settings.apiKey;
    const response = await send(base, path, {
      method,
      headers: {
        ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const answer = parsed(await response.text());
    if (response.ok && answer !== undefined) return answer;
    throw refusal(response.status, answer, base);
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

async function send(base: string, path: string, init: RequestInit): Promise<Response> {
  try {
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    return await fetch(`${base.replace(/\/+$/, '')}${path}`, { ...init, signal });
  } catch (error) {
    const { code } = ((error as Error).cause ?? {}) as { code?: string };
    throw new Refused(
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
