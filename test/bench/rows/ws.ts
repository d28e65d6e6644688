import { compared, type RowResult } from '../row-results';
import { pairedRounds } from '../rounds';
import type { Row } from './row';

/**
 * 1,000 WebSocket clients, each with one frame under way: the real service, which limits, validates, stores and watches for
 * replies, against bare `ws` servers. The targets are those of `POST /events`.
 */
export const ws: Row = {
  name: 'ws',
  async run(context): Promise<RowResult[]> {
    const clients = 1_000;
    const seconds = Math.max(2, context.scaled(3));
    const reflex = await context.server('reflex ws');
    const insert = await context.server('ws one insert');
    const noOp = await context.server('ws no-op');

    const rates = await pairedRounds(context, {
      reflex: () => reflex.frames(clients, seconds),
      insert: () => insert.frames(clients, seconds),
      noOp: () => noOp.frames(clients, seconds),
    });

    return [
      compared('WebSocket, 1,000 clients / bare ws, one insert', rates.reflex, rates.insert, {
        target: { atLeast: 2 },
      }),
      compared('WebSocket, 1,000 clients / bare ws, no-op', rates.reflex, rates.noOp, { target: { atLeast: 0.4 } }),
    ];
  },
};
