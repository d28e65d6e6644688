import { Controller, Get, Headers, Param, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { RequireScope } from '@reflex/auth';
import { NotFound, RUN_STREAM } from '@reflex/core';
import { EventStore, type RunRecord, type StreamPart } from '@reflex/event-store';
import { RunFollower } from '@reflex/realtime';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiStream } from '../http/api-stream';
import type { EventStream } from '../http/event-stream';
import { EventStreams } from '../http/event-streams';
import { RequestRefused } from '../http/refusals';
import { runJson } from './run-json';

const END = 'end';

@ApiTags('runs')
@RequireScope('events:read')
@Controller('runs')
export class RunStreamController {
  constructor(
    private readonly store: EventStore,
    private readonly follower: RunFollower,
    private readonly streams: EventStreams,
  ) {}

  @Get(':id/stream')
  @ApiOperation({
    summary: 'A run while it goes on, as server-sent events',
    description:
      '`token` what a model writes, `tool` a tool was called or answered, at last `end` with the record of the run. Whoever comes ' +
      'late gets all from the beginning; whoever comes back with `Last-Event-ID` goes on there, at any process. The id is ' +
      '`run_id` of `GET /events/{id}` and of WebSocket frames. Kept for an hour; after that, `end` alone is left.',
  })
  @ApiHeader({ name: 'Last-Event-ID', required: false, description: 'The last id that arrived.' })
  @ApiStream(RUN_STREAM, 'Events until the run ends.')
  @ApiResponse({ status: 204, description: 'The end has arrived already; do not come back.' })
  async stream(
    @Param('id') runId: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @Headers('last-event-id') last?: string,
  ): Promise<void> {
    if (last === END) return void reply.code(204).send();
    const after = positionOf(last);
    const [known] = await this.store.streams.read([{ runId, after }]);
    if (!known && !(await this.store.findRun(runId))) {
      throw new NotFound('There is no run with this id. Search with GET /runs, or take run_id of GET /events/{id}.');
    }
    this.relay(runId, after, this.streams.answer(request, reply, 'events:read'));
  }

  private relay(runId: string, after: number, stream: EventStream): void {
    const following = this.follower.follow(runId, after, {
      ready: () => stream.ready,
      take: (part) => sendPart(stream, part),
      end: (run) => {
        stream.send({ id: END, event: END, data: endOf(runId, run) });
        stream.end();
      },
    });
    stream.onReady(() => following.resume());
    stream.onClose(() => following.stop());
  }
}

function positionOf(last: string | undefined): number {
  if (last === undefined || last === '') return 0;
  if (/^\d{1,9}$/.test(last)) return Number(last);
  throw new RequestRefused(
    422,
    'invalid_last_event_id',
    'Last-Event-ID must be an id that this stream sent, or be left out.',
  );
}

function sendPart(stream: EventStream, { runId, eventId, trigger, attempt, frames }: StreamPart): void {
  for (const { seq, frame } of frames) {
    const data = { ...frame, event_id: eventId, trigger, run_id: runId, attempt, seq };
    stream.send({ id: String(seq), event: frame.type, data });
  }
}

// An attempt that left no record was given back, or its process died; the next one is another run.
function endOf(runId: string, run: RunRecord | null): unknown {
  return run ? runJson(run) : { id: runId, outcome: 'interrupted' };
}
