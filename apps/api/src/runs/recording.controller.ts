import { Controller, Get, Param } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Audit, ByOperator, RequireScope, type Operator } from '@reflex/auth';
import type { RunRecording } from '@reflex/core';
import { RunRecorder } from './run-recorder';

@ApiTags('runs')
// It shows prompts, which nothing else does.
@RequireScope('admin')
@Controller('runs')
export class RecordingController {
  constructor(
    private readonly recorder: RunRecorder,
    private readonly audit: Audit,
  ) {}

  @Get(':id/recording')
  @ApiOperation({
    summary: 'All that a completed run was given and did, to run it again in a test',
    description:
      'The event, what the trigger remembered, prompts, answers of models, calls of tools with their results, and the result. ' +
      'E-mail addresses, telephone numbers, tokens and fields with secret-looking names are replaced, the same value always by ' +
      'the same placeholder. `reflex runs export <id> --as-test` writes a spec of it. 409 when it cannot be put together.',
  })
  recording(@Param('id') id: string, @ByOperator() by: Operator): Promise<RunRecording> {
    const tell = ({ redacted }: RunRecording): Record<string, unknown> => ({ redacted });
    return this.audit.perform({ ...by, action: 'run.export', target: id }, () => this.recorder.record(id), tell);
  }
}
