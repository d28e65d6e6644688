import { Injectable, Module } from '@nestjs/common';
import { Agent, EgressClient, LangChainAgent, mcpServer, secret, Tool, type ToolCall } from '@reflex/agents';
import { z } from 'zod';

const invoice = z.object({ customer: z.string(), cents: z.int().positive() });
const token = secret('BILLING_TOKEN', 'Bearer ');

@Injectable()
export class BillingTools {
  constructor(private readonly http: EgressClient) {}

  @Tool({
    description: 'Sends an invoice.',
    input: invoice,
    effect: 'keyed',
    egress: ['api.billing.example'],
  })
  async invoice(body: z.output<typeof invoice>, call: ToolCall): Promise<unknown> {
    const url = 'https://api.billing.example/invoices';
    return this.http.post({ url, headers: { authorization: token }, body }, call);
  }
}

@Injectable()
export class PageTools {
  constructor(private readonly http: EgressClient) {}

  @Tool({ description: 'Reads a page.', input: z.object({ url: z.url() }), effect: 'none', egress: ['*'] })
  async readPage({ url }: { url: string }, call: ToolCall): Promise<string> {
    return (await this.http.send({ url }, call)).text;
  }
}

@Injectable()
export class CustomerTools {
  @Tool({
    description: 'What we know of a customer.',
    input: z.object({ id: z.string() }),
    effect: 'none',
    reads: 'secrets',
  })
  customer({ id }: { id: string }): object {
    return { id, iban: 'DE02120300000000202051' };
  }
}

@Agent({
  name: 'researcher',
  prompt: 'Answer from the documentation.',
  tools: [PageTools],
  egress: ['docs.example.com', '*.wikipedia.org'],
})
export class Researcher extends LangChainAgent {}

@Agent({ name: 'clerk', prompt: 'Send invoices.', tools: [CustomerTools, BillingTools] })
export class Clerk extends LangChainAgent {}

const github = mcpServer({
  name: 'github',
  url: 'https://api.githubcopilot.com/mcp/',
  headers: { authorization: secret('GITHUB_TOKEN', 'Bearer ') },
  allow: ['search_issues', 'add_issue_comment'],
  effects: { search_issues: 'none' },
});

@Agent({ name: 'triager', prompt: 'Answer issues that were answered before.', tools: [github] })
export class Triager extends LangChainAgent {}

const files = mcpServer({
  name: 'files',
  command: 'npx',
  args: ['-y', '@modelcontextprotocol/server-filesystem', '/srv/handbook'],
  allow: ['read_text_file', 'search_files'],
  effects: { read_text_file: 'none', search_files: 'none' },
});

@Agent({ name: 'librarian', prompt: 'Answer from the handbook.', tools: [files] })
export class Librarian extends LangChainAgent {}

/** Without the clerk, whose tools do not go together. */
@Module({ providers: [BillingTools, PageTools, CustomerTools, Researcher, Triager, Librarian] })
export class SafeModule {}
