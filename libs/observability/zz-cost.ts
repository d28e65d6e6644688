import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { FastifyAdapter, NestFastifyApplication } from '@nestjs/platform-fastify';
import { NestFactory } from '@nestjs/core';
import { ObservabilityModule, requestId } from './src/index';
@Controller() class C { @Get('a') a() { return 'x'; } }
const mode = process.argv[2]!;
class M2 { configure(c: any) { if (mode === 'noop') c.apply((_q: any, _s: any, n: any) => n()).forRoutes('{*path}'); } }
Module({ imports: ['none','noop'].includes(mode) ? [] : [ObservabilityModule.forRoot({ level: mode as any, destination: { write() {} } })], controllers: [C] })(M2);
void (async () => {
  const app = await NestFactory.create<NestFastifyApplication>(M2, new FastifyAdapter({ genReqId: requestId }), { logger: false });
  await app.listen(0, '127.0.0.1'); const url = await app.getUrl();
  const ac = require('autocannon');
  await ac({ url: url + '/a', connections: 64, duration: 1 }); const c = process.cpuUsage(); const r = await ac({ url: url + '/a', connections: 64, duration: 4 }); const d = process.cpuUsage(c);
  console.log(mode, Math.round(r.requests.average), 'req/s', ((d.user + d.system) / r.requests.total).toFixed(1), 'us cpu incl. client');
  await app.close();
})();
