import { Controller, Headers, HttpCode, Inject, Post, Req } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Public } from '@reflex/auth';
import { assertJsonLimits, type JsonValue } from '@reflex/core';
import { EventStore } from '@reflex/event-store';
import { HttpRequest } from '@reflex/events';
import type { FastifyRequest } from 'fastify';
import type { PublishedDto } from '../events/published.dto';
import { RequestRefused } from '../http/refusals';
import { SETTINGS, type Settings } from '../settings';
import { isSignedByGitHub } from './signature';

// Signed by somebody we know, so it may be larger than what anybody can send.
const LIMITS = { depth: 32, keys: 5_000 };
const KEPT_HEADERS = [
  'content-type',
  'user-agent',
  'x-github-delivery',
  'x-github-event',
  'x-github-hook-id',
  'x-github-hook-installation-target-id',
  'x-github-hook-installation-target-type',
];
const DELIVERY_ID = /^[\w-]{1,100}$/;

/** Takes what other services push to us; each of them has its own way to prove who it is. */
@ApiExcludeController()
@Public()
@Controller('webhooks')
export class WebhooksController {
  constructor(
    private readonly store: EventStore,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  @Post('github')
  @HttpCode(201)
  async github(
    @Req() request: FastifyRequest,
    @Headers('x-github-delivery') deliveryId?: string,
  ): Promise<PublishedDto> {
    const secret = this.settings.githubWebhookSecret;
    if (secret === undefined) {
      const message = 'Webhooks of GitHub are switched off. Set GITHUB_WEBHOOK_SECRET to the secret of the webhook.';
      throw new RequestRefused(404, 'webhook_not_configured', message);
    }
    const signature = request.headers['x-hub-signature-256'];
    if (!isSignedByGitHub(signature?.toString(), request.rawBody ?? Buffer.alloc(0), secret)) {
      const message = 'The signature does not fit the body. Use the same secret here and at GitHub, and SHA-256.';
      throw new RequestRefused(401, 'invalid_signature', message);
    }
    if (deliveryId === undefined || !DELIVERY_ID.test(deliveryId)) {
      throw new RequestRefused(400, 'missing_delivery_id', 'The header X-GitHub-Delivery is missing. Send it along.');
    }
    assertJsonLimits(request.body, LIMITS);
    const [published] = await this.store.publish(eventOf(request), { idempotencyKey: `github:${deliveryId}` });
    return { id: published!.id, status: 'published' };
  }
}

function eventOf({ method, headers, body }: FastifyRequest): HttpRequest {
  return HttpRequest.of({
    source: 'webhook:github',
    method,
    path: '/webhooks/github',
    headers: Object.fromEntries(KEPT_HEADERS.flatMap((name) => (headers[name] ? [[name, headers[name]]] : []))),
    body: (body ?? null) as JsonValue,
  });
}
