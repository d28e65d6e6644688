import { Controller, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Public } from '@reflex/auth';
import { assertJsonLimits, Clock, type JsonValue } from '@reflex/core';
import { EventStore, IdempotencyConflict, IngestQuota } from '@reflex/event-store';
import { HttpRequest } from '@reflex/events';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { PublishedDto } from '../events/published.dto';
import { RequestRefused } from '../http/refusals';
import { SETTINGS, type Settings } from '../settings';
import { stylesFor, type StyleName } from './styles';
import type { Signed, SignedRequest, WebhookStyle } from './webhook-style';

// Signed by somebody we know, so it may be larger than what anybody can send.
const LIMITS = { depth: 32, keys: 5_000 };
const TOLERANCE_SECONDS = 300;
const KEPT_HEADERS = ['content-type', 'user-agent'];

/**
 * Takes what other services push to us, if one of the secrets of the source signed it, and lately. A delivery is stored
 * once: its name is a key in the database, so that a replay fails at every replica.
 */
@ApiExcludeController()
@Public()
@Controller('webhooks')
export class WebhooksController {
  private readonly styles: Record<StyleName, WebhookStyle>;
  private readonly sources = new Map<string, { style: StyleName; secrets: string[] }>();

  constructor(
    private readonly store: EventStore,
    private readonly clock: Clock,
    private readonly quota: IngestQuota,
    @Inject(SETTINGS) settings: Settings,
  ) {
    this.styles = stylesFor({
      signature: settings.webhookSignatureHeader.toLowerCase(),
      timestamp: settings.webhookTimestampHeader.toLowerCase(),
    });
    for (const { name, ...source } of settings.webhookSecrets ?? []) this.sources.set(name, source);
    const { githubWebhookSecret } = settings;
    if (githubWebhookSecret !== undefined) {
      const { secrets = [] } = this.sources.get('github') ?? {};
      this.sources.set('github', { style: 'github', secrets: [githubWebhookSecret, ...secrets] });
    }
  }

  @Post(':source')
  async take(
    @Param('source') name: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PublishedDto | object> {
    const source = this.sources.get(name);
    if (!source) throw notConfigured();
    const style = this.styles[source.style];
    const { headers, rawBody: raw = Buffer.alloc(0) } = request;
    const body = (request.body ?? null) as JsonValue;
    const signed = style.verify({ headers, raw, body }, source.secrets);
    if (!signed) throw wrongSignature();
    this.assertFresh(signed);
    assertJsonLimits(body, LIMITS);

    const answer = style.answer?.(body);
    if (answer) {
      reply.status(200);
      return answer;
    }
    const event = HttpRequest.of({
      source: `webhook:${name}`,
      method: request.method,
      path: `/webhooks/${name}`,
      headers: keptOf({ headers, raw, body }, style),
      body,
    });
    return { id: await this.storeOnce(event, `webhook:${name}:${signed.key}`), status: 'published' };
  }

  private assertFresh({ signedAt }: Signed): void {
    if (signedAt === null) return;
    const age = Math.abs(this.clock.now().getTime() / 1_000 - signedAt);
    if (age <= TOLERANCE_SECONDS) return;
    const message = 'It was signed more than five minutes ago, or ahead. Sign it anew, and check the clocks.';
    throw new RequestRefused(401, 'stale_signature', message);
  }

  private async storeOnce(event: HttpRequest, idempotencyKey: string): Promise<string> {
    this.quota.admit([event]);
    try {
      const [published] = await this.store.publish(event, { idempotencyKey });
      return published!.id;
    } catch (error) {
      // Senders repeat a delivery with small changes, such as how often they tried.
      if (error instanceof IdempotencyConflict) return (error.details as { first_id: string }).first_id;
      throw error;
    }
  }
}

function keptOf({ headers }: SignedRequest, style: WebhookStyle): Record<string, unknown> {
  const names = [...KEPT_HEADERS, ...style.headers];
  return Object.fromEntries(names.flatMap((name) => (headers[name] ? [[name, headers[name]]] : [])));
}

function notConfigured(): RequestRefused {
  const message = 'Webhooks of this source are switched off. Name it, with its secret, in WEBHOOK_SECRETS.';
  return new RequestRefused(404, 'webhook_not_configured', message);
}

function wrongSignature(): RequestRefused {
  const message = 'The signature does not fit the body. Use the same secret here and at the sender, and SHA-256.';
  return new RequestRefused(401, 'invalid_signature', message);
}
