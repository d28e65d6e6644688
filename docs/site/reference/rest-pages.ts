import { blocks, code, fence, type Page, prose, table } from './markdown';
import { fieldTable, type Schema, typeOf, withRequired } from './schema-table';

/** What the reference reads of an OpenAPI document. */
export interface OpenApi {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

interface Operation {
  tags?: string[];
  summary?: string;
  description?: string;
  parameters?: { name: string; in: string; required?: boolean; description?: string; schema?: Schema }[];
  requestBody?: { content: Record<string, Content> };
  responses: Record<string, { description?: string; content?: Record<string, Content> }>;
}

interface Content {
  schema?: Schema;
  example?: unknown;
  examples?: Record<string, { summary?: string; value: unknown }>;
}

type Schemas = Record<string, Schema>;

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** One page with every operation, by tag. */
export function restPages({ paths, components }: OpenApi): Page[] {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    METHODS.flatMap((method) => (methods[method] ? [{ path, method, operation: methods[method] }] : [])),
  );
  const tags = [...new Set(operations.map(({ operation }) => operation.tags?.[0] ?? 'other'))].sort();
  const sections = tags.flatMap((tag) => [
    `## ${tag}`,
    ...operations
      .filter(({ operation }) => (operation.tags?.[0] ?? 'other') === tag)
      .map(({ path, method, operation }) => section(path, method, operation, components.schemas)),
  ]);
  const text = blocks(
    '# REST',
    'Every route, from the OpenAPI document of the service. A running service shows the same at `/docs`, where each can be tried, and as ' +
      'JSON at `/docs/json`. Bodies are JSON. Errors come as `{"error": {"code", "message", "details"}}`.',
    ...sections,
  );
  return [{ path: 'reference/rest', text }];
}

function section(path: string, method: string, operation: Operation, schemas: Schemas): string {
  const { summary, description, parameters = [], requestBody, responses } = operation;
  return blocks(
    `### ${method.toUpperCase()} ${path.replaceAll('{', ':').replaceAll('}', '')}`,
    summary && `${prose(summary)}.`,
    description && prose(description),
    table(
      ['Parameter', 'Type', 'What it is'],
      parameters.map((parameter) => [
        `${code(parameter.name)} ${parameter.in}`,
        typeOf(parameter.schema ?? {}, schemas),
        withRequired(parameter.required && parameter.in !== 'path', prose(parameter.description ?? '')),
      ]),
    ),
    ...(requestBody ? bodyOf(requestBody.content, schemas) : []),
    ...answersOf(responses, schemas),
  );
}

function bodyOf(content: Record<string, Content>, schemas: Schemas): string[] {
  return Object.entries(content).flatMap(([type, { schema, example, examples = {} }]) => [
    `Body, ${code(type)}:`,
    schema ? fieldTable(schema, schemas) : '',
    ...(example === undefined ? [] : [fence('json', JSON.stringify(example, null, 2))]),
    ...Object.values(examples).flatMap(({ summary, value }) => [
      summary ? `${prose(summary)}:` : '',
      fence('json', JSON.stringify(value, null, 2)),
    ]),
  ]);
}

function answersOf(responses: Operation['responses'], schemas: Schemas): string[] {
  return Object.entries(responses).flatMap(([status, { description, content }]) => {
    const schema = content?.['application/json']?.schema;
    const fields = schema ? fieldTable(schema, schemas) : '';
    if (fields === '' && !description) return [];
    return [`Answers ${status}${description ? `: ${prose(description)}` : '.'}`, fields];
  });
}
