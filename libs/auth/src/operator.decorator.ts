import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type Operator } from './audit.service';
import { principalOf, type IdentifiedRequest } from './identified-request';

/** Who calls, and the reason they gave in the header `X-Reason` or in the field `reason` of the body. */
export const ByOperator = createParamDecorator((_nothing: undefined, context: ExecutionContext): Operator => {
  const request = context.switchToHttp().getRequest<IdentifiedRequest>();
  const header = request.headers['x-reason'];
  const field = (request.body as { reason?: unknown } | null | undefined)?.reason;
  const reason = typeof header === 'string' ? decoded(header) : field;
  return { actor: principalOf(request).actor, reason: typeof reason === 'string' ? reason : null };
});

// Node reads headers as latin1; what clients write there is UTF-8.
function decoded(header: string): string {
  return Buffer.from(header, 'latin1').toString('utf8');
}
