import { Body, Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import { principalOf, RequireScope, type IdentifiedRequest } from '@reflex/auth';
import { assertJsonLimits } from '@reflex/core';
import type { FastifyReply } from 'fastify';
import { McpTools } from './mcp-tools';

const LIST_TOOLS = { jsonrpc: '2.0', id: 1, method: 'tools/list' };

/** Lets assistants operate the service: the Model Context Protocol over streamable HTTP. */
@ApiTags('mcp')
@RequireScope('events:read')
@Controller('mcp')
export class McpController {
  constructor(private readonly tools: McpTools) {}

  // Each request stands for itself: no session to lose at a restart or at another replica.
  @Post()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Tools for assistants, over the Model Context Protocol (streamable HTTP, without sessions)',
    description: 'JSON-RPC 2.0. See docs/guides/mcp.md for how to connect an assistant.',
  })
  @ApiBody({
    schema: { type: 'object', additionalProperties: true },
    examples: { 'the tools there are': { value: LIST_TOOLS } },
  })
  async handle(
    @Body() body: unknown,
    @Req() request: IdentifiedRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    assertJsonLimits(body);
    const { WebStandardStreamableHTTPServerTransport } =
      await import('@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js');
    const server = await this.tools.serverFor(principalOf(request));
    const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
    await server.connect(transport);
    try {
      const answer = await transport.handleRequest(asWebRequest(request), { parsedBody: body });
      void reply.status(answer.status);
      const text = await answer.text();
      if (text === '') return undefined;
      return JSON.parse(text) as unknown;
    } finally {
      await server.close();
    }
  }
}

// Who answers in JSON alone need not insist on a client that takes streams too.
function asWebRequest({ headers }: IdentifiedRequest): Request {
  const version = headers['mcp-protocol-version'];
  return new Request('http://localhost/mcp', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(typeof version === 'string' ? { 'mcp-protocol-version': version } : {}),
    },
  });
}
