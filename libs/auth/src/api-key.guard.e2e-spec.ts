import { Body, Controller, Get, Post } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Public, RequireScope } from './access.decorator';
import { ApiKeys } from './api-keys.service';
import type { Operator } from './audit.service';
import { ByOperator } from './operator.decorator';
import { authApp, authDatabase } from './testing/auth-bed';

@Controller('things')
class Things {
  @Get()
  @RequireScope('events:read')
  list(): string[] {
    return [];
  }

  @Post()
  @RequireScope('dlq:write')
  add(@ByOperator() by: Operator, @Body() _body: unknown): Operator {
    return by;
  }

  @Public()
  @Get('open')
  open(): string {
    return 'open';
  }
}

@RequireScope('admin')
@Controller('inner')
class Inner {
  @Get()
  secret(): string {
    return 'secret';
  }

  @Public()
  @Get('door')
  door(): string {
    return 'door';
  }
}

@Controller('forgotten')
class Forgotten {
  @Get(':id')
  one(): string {
    return 'leaked';
  }
}

let bed: Awaited<ReturnType<typeof authDatabase>>;
let app: NestFastifyApplication;
let keys: ApiKeys;

beforeAll(async () => {
  bed = await authDatabase();
  app = await authApp(bed.dataSource, [Things, Inner]);
  keys = app.get(ApiKeys);
});
afterAll(async () => {
  await app.close();
  await bed.stop();
});

async function keyFor(...scopes: string[]): Promise<string> {
  return (await keys.create({ name: 'test', scopes })).key;
}

async function status(method: 'GET' | 'POST' | 'HEAD', url: string, key?: string): Promise<number> {
  const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
  return (await app.inject({ method, url, headers })).statusCode;
}

it('lets in who has the scope, by either header, and nobody else', async () => {
  const reader = await keyFor('events:read');
  const operator = await keyFor('dlq:write');
  const admin = await keyFor('admin');

  expect([await status('GET', '/things', reader), await status('HEAD', '/things', reader)]).toEqual([200, 200]);
  expect(await status('GET', '/things', operator)).toBe(200);
  expect((await app.inject({ url: '/things', headers: { 'x-api-key': reader } })).statusCode).toBe(200);
  expect([await status('POST', '/things', reader), await status('POST', '/things', operator)]).toEqual([403, 201]);
  expect([await status('GET', '/inner', operator), await status('GET', '/inner', admin)]).toEqual([403, 200]);
});

it('leaves public routes open, and asks for a key on all others', async () => {
  expect([await status('GET', '/things/open'), await status('GET', '/inner/door')]).toEqual([200, 200]);
  for (const url of ['/things', '/inner', '/things?key=abc']) expect(await status('GET', url)).toBe(401);
  expect(await status('GET', '/things/open', 'nonsense')).toBe(200);
});

it('tells a handler who calls and why', async () => {
  const { key, prefix } = await keys.create({ name: 'ops', scopes: ['dlq:write'] });
  const call = async (headers: Record<string, string>, payload?: object) => {
    const all = { 'x-api-key': key, ...headers };
    return (await app.inject({ method: 'POST', url: '/things', headers: all, payload })).json<Operator>();
  };

  expect(await call({})).toEqual({ actor: `key:ops/${prefix}`, reason: null });
  expect(await call({ 'x-reason': 'fixed' })).toEqual({ actor: `key:ops/${prefix}`, reason: 'fixed' });
  expect(await call({}, { reason: 'also fixed' })).toMatchObject({ reason: 'also fixed' });
  expect(await call({}, { reason: 7 })).toMatchObject({ reason: null });
});

it('does not start with a route of which nobody said who may call it', async () => {
  await expect(authApp(bed.dataSource, [Things, Forgotten])).rejects.toThrow(
    'Say who may call GET /forgotten/:id (Forgotten.one)',
  );
});

it('lets everybody do everything where access is open, as "development"', async () => {
  const open = await authApp(bed.dataSource, [Things, Inner], { access: 'open' });

  const answer = await open.inject({ method: 'POST', url: '/things' });

  expect([answer.statusCode, answer.json<Operator>().actor]).toEqual([201, 'development']);
  expect((await open.inject('/inner')).statusCode).toBe(200);
  await open.close();
});
