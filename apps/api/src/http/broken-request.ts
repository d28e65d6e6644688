import type { Socket } from 'node:net';
import type { ConnectionError, FastifyError, FastifyReply } from 'fastify';

const ANSWERS: Record<string, [line: string, code: string, message: string]> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'headers_too_large', 'The headers are too large.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'request_timeout', 'The request came too slowly. Send it again.'],
};
const MALFORMED: (typeof ANSWERS)[string] = ['400 Bad Request', 'malformed_request', 'This is not HTTP/1.1.'];

/** Answers what Node could not read as a request at all, in the same envelope as everything else. */
export function answerBrokenRequest(error: ConnectionError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const [line, code, message] = ANSWERS[error.code] ?? MALFORMED;
  const body = JSON.stringify({ error: { code, message } });
  socket.end(
    `HTTP/1.1 ${line}\r\nConnection: close\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** Answers a URL that the router cannot read, for which no hook and no filter runs. */
export function answerBrokenUrl(error: FastifyError, _request: unknown, reply: Pick<FastifyReply, 'code'>): void {
  const isTooLong = error.statusCode === 414;
  const code = isTooLong ? 'uri_too_long' : 'malformed_url';
  const message = isTooLong ? 'A part of the path is too long.' : 'The path is not well encoded. Encode it as UTF-8.';
  void reply.code(error.statusCode ?? 400).send({ error: { code, message } });
}
