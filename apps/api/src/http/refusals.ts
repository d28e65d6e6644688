import { ReflexError } from '@reflex/core';

/** A request that is refused before anything of it is stored. */
export class RequestRefused extends ReflexError {
  constructor(
    override readonly status: number,
    readonly code: string,
    message: string,
    options?: { details?: unknown; cause?: unknown; retryAfterSeconds?: number; allow?: string[] },
  ) {
    super(message, options);
    this.headers = {
      ...(options?.retryAfterSeconds === undefined ? {} : { 'retry-after': String(options.retryAfterSeconds) }),
      ...(options?.allow === undefined ? {} : { allow: options.allow.join(', ') }),
    };
  }

  /** Sent with the answer. */
  readonly headers: Record<string, string>;
}

export function unsupportedMediaType(): RequestRefused {
  return new RequestRefused(
    415,
    'unsupported_media_type',
    'Send JSON with the header "Content-Type: application/json".',
  );
}

export function malformedJson(message: string, cause?: unknown): RequestRefused {
  return new RequestRefused(400, 'malformed_json', message, { cause });
}
