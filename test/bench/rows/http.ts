import { compared, type RowResult } from '../row-results';
import { pairedRounds } from '../rounds';
import type { Row } from './row';

/** `POST /events` over 64 keep-alive connections: the real service, a bare route with one insert, a bare route without. */
export const http: Row = {
  name: 'http',
  async run(context): Promise<RowResult[]> {
    const seconds = Math.max(2, context.scaled(3));
    const reflex = await context.server('reflex');
    const insert = await context.server('one insert');
    const noOp = await context.server('no-op');

    const rates = await pairedRounds(context, {
      reflex: () => reflex.load(64, seconds),
      insert: () => insert.load(64, seconds),
      noOp: () => noOp.load(64, seconds),
    });

    return [
      compared('POST /events, 64 connections / bare Fastify, one insert', rates.reflex, rates.insert, {
        target: { atLeast: 2 },
      }),
      compared('POST /events, 64 connections / bare Fastify, no-op', rates.reflex, rates.noOp, {
        target: { atLeast: 0.4 },
      }),
    ];
  },
};
