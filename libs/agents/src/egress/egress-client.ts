import type { FetchLike } from '@modelcontextprotocol/sdk/shared/transport.js';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { RetryLater } from '@reflex/core';
import type { Dispatcher } from 'undici';
import ipaddr from 'ipaddr.js';
import { OutcomeUnknown } from '../errors';
import type { ToolCall } from '../tool.decorator';
import { EgressFailed, EgressRefused } from './errors';
import { EGRESS_OPTIONS, type EgressOptions } from './egress-options';
import type { EgressRequest, EgressResponse } from './egress-request';
import { assertAllowed, hostOf, type EgressRule } from './egress-rule';
import { afterRedirect, isRedirect, preparedRequest, type PreparedRequest, type RawResponse } from './prepared-request';
import { readCapped } from './read-capped';
import { SecretRef } from './secret';
import { Secrets } from './secrets';
import { vettedFetch } from './vetted-fetch';
import { AddressPolicy, vettedLookup } from './vetted-lookup';

const MAX_MS = 10_000;
const MAX_REDIRECTS = 3;
const MAX_QUOTED_CHARS = 200;

/** The library, and what it keeps open. */
export interface Connections {
  undici: typeof import('undici');
  dispatcher: Dispatcher;
}

/**
 * The one way for tools to the network. It connects only to hosts that the tool and the agent allow, and only to addresses
 * that it has vetted itself; redirects are vetted again. Secrets are put in here and taken out of all that comes back.
 * Proxies named in the environment are not used.
 */
@Injectable()
export class EgressClient implements OnApplicationShutdown {
  private readonly addresses: AddressPolicy;
  private connections: Promise<Connections> | undefined;

  constructor(
    @Inject(EGRESS_OPTIONS) private readonly options: EgressOptions,
    private readonly secrets: Secrets,
  ) {
    this.addresses = new AddressPolicy(options.networks ?? []);
  }

  /** Whether a secret is configured, for tools that work without. */
  knows(ref: SecretRef): boolean {
    return this.secrets.has(ref);
  }

  /** Sends a request; every status is an answer. Never tells a secret. Throws `EgressRefused`, `EgressFailed`, or `OutcomeUnknown` when the server may have acted. */
  async send(given: EgressRequest, call: ToolCall): Promise<EgressResponse> {
    const timeoutMs = Math.min(given.timeoutMs ?? MAX_MS, MAX_MS);
    const timeout = AbortSignal.timeout(timeoutMs);
    const signal = AbortSignal.any([call.signal, timeout]);
    let prepared = preparedRequest(given, call.key, this.secrets);
    for (let redirects = 0; ; redirects += 1) {
      assertAllowed(prepared.url, call.egress, this.secrets);
      this.assertAddress(prepared.url);
      const host = hostOf(prepared.url);
      try {
        const response = await this.once(prepared, signal);
        if (!isRedirect(response)) return this.withoutSecrets(response);
        if (redirects === MAX_REDIRECTS) throw new EgressRefused(`${host} redirects more than ${MAX_REDIRECTS} times.`);
        prepared = afterRedirect(prepared, response);
      } catch (error) {
        call.signal.throwIfAborted();
        if (error instanceof EgressRefused) throw error;
        const what = timeout.aborted ? `did not answer in ${timeoutMs} ms` : 'cannot be reached';
        const message = error instanceof EgressFailed ? error.message : `${host} ${what}.`;
        const cause = new Error(this.secrets.redact(String(error)));
        if (mayHaveActed(prepared, error)) throw new OutcomeUnknown(message, { cause });
        throw new EgressFailed(message, { cause });
      }
    }
  }

  /**
   * Posts JSON and returns what the answer holds. A server that asks to come back later puts off the whole attempt; any
   * other refusal is an error that the agent gets to read.
   */
  async post(given: Omit<EgressRequest, 'method'>, call: ToolCall): Promise<unknown> {
    const response = await this.send({ ...given, method: 'POST' }, call);
    if (response.status < 300) return response.json();
    const host = hostOf(new URL(given.url instanceof SecretRef ? this.secrets.reveal(given.url) : given.url));
    const delayMs = retryAfterMs(response.headers['retry-after']);
    if ((response.status === 429 || response.status === 503) && delayMs !== null) {
      throw new RetryLater(`${host} asks to come back in ${delayMs / 1_000} s.`, delayMs);
    }
    throw new EgressFailed(`${host} answered ${response.status}: ${response.text.slice(0, MAX_QUOTED_CHARS)}`);
  }

  /** The same bounds as a `fetch`, for protocols that stream. */
  fetchFor(rule: EgressRule, headers: Readonly<Record<string, string | SecretRef>>): FetchLike {
    const assertAddress = (url: URL): void => this.assertAddress(url);
    const connect = (): Promise<Connections> => this.connect();
    return vettedFetch({ rule, secrets: this.secrets, headers, assertAddress, connect });
  }

  async onApplicationShutdown(): Promise<void> {
    await (await this.connections)?.dispatcher.destroy();
  }

  // A socket looks up names only; addresses in a URL pass it by.
  private assertAddress({ hostname }: URL): void {
    const literal = hostname.replace(/^\[|\]$/g, '');
    if (ipaddr.isValid(literal)) this.addresses.assert(literal, hostname);
  }

  // Loaded by the first request: a service whose tools stay at home does without.
  private connect(): Promise<Connections> {
    this.connections ??= import('undici').then((undici) => {
      const dispatcher = new undici.Agent({
        connect: { lookup: vettedLookup(this.addresses, this.options.resolve) },
        connections: 32,
        headersTimeout: MAX_MS,
        bodyTimeout: MAX_MS,
        keepAliveTimeout: 4_000,
        maxHeaderSize: 16_384,
      });
      return { undici, dispatcher };
    });
    return this.connections;
  }

  private async once({ url, method, headers, body }: PreparedRequest, signal: AbortSignal): Promise<RawResponse> {
    const { undici, dispatcher } = await this.connect();
    const answer = await undici.request(url, { method, headers, body, signal, dispatcher });
    const text = await readCapped(answer.body, hostOf(url));
    const received = Object.entries(answer.headers).map(([name, value]) => [name, String(value)] as const);
    return { status: answer.statusCode, headers: Object.fromEntries(received), text };
  }

  private withoutSecrets({ status, headers, text: raw }: RawResponse): EgressResponse {
    const text = this.secrets.redact(raw);
    const shown = Object.entries(headers).map(([name, value]) => [name, this.secrets.redact(value)] as const);
    return { status, headers: Object.fromEntries(shown), text, json: () => jsonOr(text) };
  }
}

const NOT_CONNECTED =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|UND_ERR_INVALID_ARG)$/;

// A request that acts and was perhaps sent: only a connection that never stood is sure not to have carried it.
function mayHaveActed({ method }: PreparedRequest, error: unknown): boolean {
  if (method === 'GET' || method === 'HEAD') return false;
  const { code, errors } = error as { code?: unknown; errors?: { code?: unknown }[] };
  const codes = errors?.map((each) => each.code) ?? [code];
  return !codes.every((each) => typeof each === 'string' && NOT_CONNECTED.test(each));
}

function retryAfterMs(header: string | undefined): number | null {
  if (header === undefined) return null;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : null;
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Slack says "ok", which is fine.
    return text;
  }
}
